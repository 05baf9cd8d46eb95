"""What `make new`, `make zip` and `make test` decide, with programs in place of cargo and of
Docker."""

import re
import shutil

from support import ROOT, call, environment, scratch
from template import checkout, path_without

ENGINES = ("docker", "podman", "buildah")


def run():
    names = project_names()
    engines()
    deploying()
    c_libraries()
    table()
    clean()
    return f"{names} names of projects, engines, functions.conf, C libraries, the table, cleaning"


def clean():
    target = scratch("clean")
    (target / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    (target / "debug").mkdir()
    archive = checkout() / "lambda.zip"
    archive.touch()
    call("make", "clean", cwd=checkout(), env=environment(CARGO_TARGET_DIR=str(target)))
    assert not target.exists() and not archive.exists()


def outside(name):
    """An empty folder outside of this workspace."""
    folder = checkout().parent / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def new(folder, *more, **how):
    return call("make", "new", f"PROJECT={folder}", *more, **how)


def project_names():
    good = {"thumbs": "thumbs", "slashes//": "slashes", "Thumbs": "thumbs", "my thumbs": "my-thumbs", "a.b": "a-b",
            "x_1": "x_1", "it's": "it-s", "local": "local", "lambda": "lambda", "größe": "gr-e"}
    bad = ["9lives", "match", "gen", "test", "std", "log", "env-logger", "minilambda", "miniserde", "deps", "build",
           "...", "-", "a" * 41]
    for folder, name in good.items():
        said = new(f"{outside('names')}/{folder}")
        project = checkout().parent / "names" / folder
        manifest = (project / "Cargo.toml").read_text()
        assert f'name = "{name}"\n' in manifest, manifest
        assert f'\nminilambda = {{ path = "{ROOT}" }}\n' in manifest, manifest
        main = (project / "src/main.rs").read_text()
        assert f'"{name}.order"' in main, main
        # The next three commands; the first one goes there.
        *_, there, test, go = [line.strip() for line in said.splitlines() if line.startswith("    ")]
        assert (test, go) == ("make test", "make run"), said
        assert call("bash", "-c", f"{there} && pwd").strip() == str(project), said
        assert f" is in {project}. Next:" in said and not there.rstrip("'").endswith("/"), said
        call("cargo", "metadata", "--no-deps", "--format-version=1", cwd=project)
    for folder in bad:
        project = outside("names") / folder
        said = new(project, fails=True)
        assert "error: a package cannot have the name of the folder" in said and "NAME=" in said, said
        assert not project.exists(), folder
        if folder not in ("...", "-"):
            assert 'name = "shop"' in named(project, "shop"), folder
    for name in ("Shop", "1shop", "fn", "log", "a b", "a;b", "a/b"):
        project = outside("names") / "folder"
        said = new(project, f"NAME={name}", fails=True)
        assert not project.exists(), said
    # A variable of this name belongs to the system.
    project = outside("names") / "folder"
    call("make", "new", f"PROJECT={project}", env=environment(NAME="laptop"))
    assert 'name = "folder"' in (project / "Cargo.toml").read_text()
    assert 'name = "a-b"' in named(outside("names") / 'a"b`c', "a-b")
    said = new(outside("names") / "a:b", fails=True)
    assert "a folder with : in its path" in said, said
    project = outside("names") / "folder"
    project.mkdir()
    for wrong, told in [((f"PROJECT={project}",), "is there already"), (("PROJECT=new/one",), "inside of"), ((), "name a")]:
        said = call("make", "new", *wrong, fails=True)
        assert "error: " in said and told in said, said
    assert not (ROOT / "new").exists()
    for wrong in ("TEMPLATE=other", "FROM=other"):
        project = outside("names") / "other"
        said = new(project, wrong, fails=True)
        assert "error: " in said and not project.exists(), said
    for template, handler, go in [("fullstack", "http", "run"), ("durable", "order", "local")]:
        project = outside("names") / "photos"
        said = new(project, f"TEMPLATE={template}")
        assert said.rstrip().endswith(f"make {go}"), said
        assert f"[photos.{handler}]" in (project / "functions.conf").read_text()
        left = [path for path in project.rglob("*") if path.is_file() and b"shop" in path.read_bytes()]
        assert not left, left
    return len(good) + len(bad)


def named(project, name):
    new(project, f"NAME={name}")
    return (project / "Cargo.toml").read_text()


def commands_of(name, **programs):
    """A PATH with these shell scripts as programs, and without engines of this machine."""
    path = path_without(*ENGINES, *programs)
    folder = scratch(f"commands-{name}")
    for program, text in programs.items():
        (folder / program).write_text(f"#!/bin/sh\n{text}")
        (folder / program).chmod(0o755)
    return f"{folder}:{path}"


# It has an engine, and the image with Rust; what it builds is its arguments, and what is in the
# context.
ENGINE = """
case $1 in
    info | inspect) ;;
    build) for last; do :; done; mkdir -p target/lambda
        echo "$*" >target/lambda/lambda.zip; find "$last" -name '*.rs' >>target/lambda/lambda.zip ;;
    *) exit 1 ;;
esac
"""


def engines():
    project = outside("engines") / "thumbs"
    new(project)
    (project / "Cargo.lock").touch()
    (project / "src/target").mkdir()
    (project / "src/target/mod.rs").write_text("")

    def zip_it(name, *asked, fails=False, **programs):
        env = environment(PATH=commands_of(name, **programs), MAKEFLAGS="")
        del env["DOCKER"]
        return call("make", "zip", *asked, cwd=project, env=env, fails=fails)

    stop = "echo cargo was called; exit 7"
    for works in ENGINES:
        said = zip_it(works, cargo=stop, **{works: ENGINE})
        assert f"building in {works}; DOCKER= takes the toolchain" in said and "cargo was" not in said, said
        packed = (project / "lambda.zip").read_text()
        assert "PROGRAM=--bin thumbs" in packed and f"FOLDER={project}" in packed, packed
        # The project and the crates that it takes from the checkout, and nothing that was built.
        assert f"target/context{project}/src/target/mod.rs" in packed, packed
        assert f"target/context{ROOT}/src/lib.rs" in packed, packed
        assert f"target/context{ROOT}/target" not in packed, packed
    # A client alone is not enough, nor an engine that cannot get the image.
    for broken, why in [("echo no daemon >&2; exit 1", "docker has no engine to work with: no daemon"),
                        ("[ $1 = info ]", "docker cannot get the image docker.io/library/rust:1-alpine")]:
        said = zip_it("broken", docker=broken, cargo=stop, fails=True)
        assert f"building with the toolchain that is here ({why}; podman is not installed;" in said, said
        said = zip_it("second", docker=broken, podman=ENGINE, cargo=stop)
        assert "building in podman" in said, said
    # What is asked for is taken, or is an error.
    said = zip_it("asked", "DOCKER=podman", docker=ENGINE, podman=ENGINE)
    assert "building in" not in said and (project / "lambda.zip").is_file(), said
    said = zip_it("absent", "DOCKER=podman", docker=ENGINE, fails=True)
    assert "error: podman is not installed" in said and "make zip DOCKER=" in said, said
    said = zip_it("none", "DOCKER=", docker=ENGINE, cargo=stop, fails=True)
    assert "cargo was called" in said, said
    said = zip_it("arch", "ARCH=sparc", docker=ENGINE, fails=True)
    assert "ARCH is x86_64 or arm64, not sparc" in said, said


# It has one function, which is not durable, and takes what it is given; one name is that of a role
# which is not there.
AWS = """
echo "$*" >>calls
case "$*" in
    *get-function-configuration*"-name plain "*) echo None ;;
    *get-function-configuration*) echo "ResourceNotFoundException" >&2; exit 254 ;;
    *role/absent*) echo "The role defined for the function cannot be assumed by Lambda." >&2; exit 254 ;;
esac
"""
# A build in one moment: a program that lists its handlers.
BUILT = """
mkdir -p target/lambda
printf '#!/bin/sh\\n[ "$*" = --help ] && printf "usage: x\\\\n\\\\nhandlers:\\\\n  thumbs.order\\\\n  thumbs.health\\\\n"\\n' >target/lambda/bootstrap
chmod +x target/lambda/bootstrap
echo built
"""


def deploying():
    """What is wrong in functions.conf is said before anything is built, or before anything is created."""
    project = outside("deploying") / "thumbs"
    new(project)
    configuration = project / "functions.conf"
    good = configuration.read_text()
    env = environment(PATH=commands_of("deploying", aws=AWS))

    def deploy(text, role="present", fails=True):
        if text is None:
            configuration.unlink()
        else:
            configuration.write_text(text)
        return call("scripts/deploy", "x86_64", "sh", "-c", BUILT, cwd=project,
                    env=env | {"ROLE": f"arn:aws:iam::123456789012:role/{role}"}, fails=fails)

    said = deploy(good, fails=False)
    assert "thumbs-order: created" in said and "thumbs-health: created" in said, said
    line = good.count("\n") + 1
    for wrong, told in [("env AWS_REGION=x", f"line {line}: AWS_REGION is reserved"),
                        ("env _HANDLER=x", f"line {line}: _HANDLER is reserved"),
                        ("env A=x", f"line {line}: a variable is env NAME=VALUE, and Lambda takes no NAME like A:"),
                        ("memory 64", f"line {line}: memory is 128 MB at least"),
                        ("alias 7", f"line {line}: an alias has letters, digits, - and _, and not only digits"),
                        ("durable", f"line {line}: durable is two numbers"),
                        ("durable 3600", f"line {line}: durable is two numbers"),
                        ("durable 0 1", f"line {line}: durable is two numbers"),
                        ("durable 31622401 1", f"line {line}: an execution lasts 31622400 seconds at most"),
                        ("durable 3600 91", f"line {line}: a history is kept for 90 days at most"),
                        ("durable 3600 1\nname plain", "the function plain was not created as a durable one")]:
        said = deploy(f"{good}{wrong}\n")
        assert told in said and "built" not in said, said
    said = deploy(None)
    assert "error: there is no functions.conf in " in said and "built" not in said, said
    # No function is created if one of them could not start.
    for wrong in ("thumbs.ordr", "thumbs", "thumbs.*"):
        said = deploy(f"{good}[{wrong}]\nname other\n")
        assert f"the program has no handler {wrong}; it has: thumbs.order thumbs.health" in said, said
        assert "built" in said and "created" not in said, said
    # An alias is published last, and the URL is its own.
    (project / "calls").unlink()
    said = deploy(f"{good}alias live\nurl public\n", fails=False)
    calls = (project / "calls").read_text()
    order = [calls.index(f"lambda {call} --function-name thumbs-health") for call in (
        "create-function", "publish-version", "get-alias", "update-alias",
        "update-function-url-config", "add-permission")]
    assert order == sorted(order), calls
    of_url = [line for line in calls.splitlines() if "-url-config" in line or "add-permission" in line]
    assert len(of_url) == 4 and all("--function-name thumbs-health --qualifier live" in line for line in of_url), calls
    assert "thumbs-order --name" not in calls, "an alias of another function"
    said = deploy(good, role="absent")
    assert "cannot be assumed by Lambda" in said and "must exist and trust lambda.amazonaws.com" in said, said


RUSTC = """
case "$*" in
    -vV) echo "host: HOST" ;;
    *INSTALLED*) echo / ;;
    *) echo /absent ;;
esac
"""
CARGO = """
case $1 in
    tree) case "$*" in *CRATES*) exit 101 ;; esac; echo 'cc v1.2.0'; echo 'ring v0.17.0 (proc-macro)'; echo 'cc v1.2.0' ;;
    build) { env | grep '^CC_'; echo "$CARGO_ENCODED_RUSTFLAGS"; } >&2; exit 9 ;;
esac
"""


def c_libraries():
    """Which C library `make zip` takes: (architecture, installed targets, parts in C,
    compilers), what it prints."""
    musl = "x86_64-unknown-linux-musl"
    with_c, without_c = CARGO.replace("CRATES", "nothing"), CARGO.replace("CRATES", "tree")
    works, fails = "cat >/dev/null", "exit 1"
    cases = [
        ("x86_64", musl, without_c, {}, ["C library: musl", "TARGET=x86_64-unknown-linux-gnu"]),
        ("x86_64", "gnu", without_c, {}, [f"C library: glibc. With musl it would start in half the time and need half "
                                          f"the memory: rustup target add {musl}"]),
        ("x86_64", "linux", with_c, {"musl-gcc": works}, ["C library: musl", "CC_x86_64_unknown_linux_musl=musl-gcc"]),
        ("x86_64", "linux", with_c, {"x86_64-linux-musl-gcc": works}, ["musl=x86_64-linux-musl-gcc"]),
        ("x86_64", "linux", with_c, {"musl-gcc": fails}, ["C library: glibc", "there is no C compiler for musl here: "
                                                          "ring. To get one: apt-get install musl-tools"]),
        ("x86_64", "none", without_c, {}, ["error: Rust cannot build for x86_64 here: rustup target add " + musl]),
        ("arm64", "-musl", with_c, {}, ["error: these crates have parts in C", "ring", "aarch64-linux-musl-gcc"]),
        ("arm64", "linux", without_c, {}, ["C library: musl", "-Clinker=rust-lld"]),
        ("arm64", "linux", with_c, {"musl-gcc": works}, ["C library: glibc", "aarch64-linux-musl-gcc"]),
        ("arm64", "gnu", without_c, {}, ["there is no linker aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"]),
        ("arm64", "gnu", without_c, {"aarch64-linux-gnu-gcc": works}, ["C library: glibc", "-Clinker=aarch64-linux"]),
    ]
    project = outside("libraries") / "thumbs"
    new(project)
    absent = {"musl-gcc", "x86_64-linux-musl-gcc", "aarch64-linux-musl-gcc", "aarch64-linux-gnu-gcc"}
    shared = path_without("cargo", "rustc", *ENGINES, *absent)
    for arch, installed, cargo, compilers, told in cases:
        rustc = RUSTC.replace("HOST", "x86_64-unknown-linux-gnu").replace("INSTALLED", installed)
        folder = scratch("libraries-commands")
        for program, text in {"cargo": cargo, "rustc": rustc, **compilers}.items():
            (folder / program).write_text(f"#!/bin/sh\n{text}")
            (folder / program).chmod(0o755)
        env = environment(PATH=f"{folder}:{shared}", MAKEFLAGS="")
        said = call("make", "zip", "DOCKER=", f"ARCH={arch}", cwd=project, env=env, fails=True)
        for text in told:
            assert text in said, (arch, installed, compilers, text, said)
    said = call("make", "zip", "DOCKER=", f"TARGET={musl}", cwd=project, fails=True, env=environment(
        PATH=f"{folder}:{shared}", MAKEFLAGS=""))
    assert f"Rust cannot build for {musl} here" in said, said


TESTS = r"""
case "$*" in
    metadata*) echo '{"kind":["test"],"crate_types":["bin"],"name":"tidy"},' \
        '{"kind":["test"],"crate_types":["bin"],"name":"queue"}'; exit ;;
    *--no-run* | *packer*) exit ;;
    *--test\ queue*) cat <<'END'
     Running tests/queue.rs (target/debug/deps/queue-0a1b)

running 1 test
.
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
END
        exit ;;
    *--doc*) cat <<'END'
   Doc-tests minilambda_http

running 1 test
.
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
END
        exit ;;
    *--lib\ --bins\ --test\ tidy*) ;;
    *) echo "not expected: $*"; exit 1 ;;
esac
cat <<'END'
   Compiling x v0.1.0
     Running unittests src/lib.rs (target/debug/deps/minilambda_http-0a1b)

running 2 tests
..
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/tidy.rs (target/debug/deps/tidy-0a1b)

running 4 tests
.
SKIPPED reads_a_clock: there is no clock: apt-get install clock
.
SKIPPED reads_it_twice: there is no clock: apt-get install clock
F.
test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
END
exit 101
"""


def table():
    env = environment(PATH=commands_of("tests", cargo=TESTS))
    said = call("make", "test", env=env, fails=True)
    assert "Error 101" in said, said
    rows = said.split("passed  failed  skipped\n")[1]
    expected = r"""
 +2 +0 +0  minilambda_http, src/lib.rs
 +1 +1 +2  minilambda_http, tests/tidy.rs
 +1 +0 +0  minilambda_http, documentation
 +1 +0 +0  tests/queue.rs
 +5 +1 +2  in all 4 groups

skipped, and what makes them run:
 +2  there is no clock: apt-get install clock
"""
    assert re.match(expected.lstrip("\n"), rows), rows
    assert said.count("test result: ") == 4, said
    shutil.rmtree(ROOT / "target/tests")

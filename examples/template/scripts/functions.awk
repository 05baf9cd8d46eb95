# Reads functions.conf for scripts/deploy: a folder for each function in the folder `plan`, a file
# for each setting.

# The names are under "Defined runtime environment variables" on
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
BEGIN {
    at = 0
    # Editors on Windows begin a file with this. Reading it counts as a line.
    "printf '\\357\\273\\277'" | getline mark
    NR = 0
    split("_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_ACCESS_KEY " \
        "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_LAMBDA_FUNCTION_MEMORY_SIZE " \
        "AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE " \
        "AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_LAMBDA_MAX_CONCURRENCY " \
        "AWS_LAMBDA_METADATA_API AWS_LAMBDA_METADATA_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_RUNTIME_DIR " \
        "LAMBDA_TASK_ROOT", names, " ")
    for (i in names) reserved[names[i]] = 1
}

function wrong(message) {
    print "error: functions.conf, line " NR ": " message > "/dev/stderr"
    failed = 1
    exit 2
}

function json(text) {
    gsub(/\\/, "&&", text)
    gsub(/"/, "\\\\&", text)
    gsub(/\t/, "\\t", text)
    return "\"" text "\""
}

# Settings of the function number `at`; 0 stands for all functions.
function set(key, value) {
    if ((at, key) in settings) wrong(key " is set twice")
    settings[at, key] = value
}

function setting(key) {
    return (at, key) in settings ? settings[at, key] : settings[0, key]
}

function write(file, text) {
    if (text == "") return
    print text > (plan "/" at "/" file)
    close(plan "/" at "/" file)
}

function write_variables(    text, i, owner, names, known, count) {
    for (i = 1; i <= variables; i++) {
        owner = owners[i]
        if (owner != 0 && owner != at) continue
        if (!(variable[i] in known)) names[++count] = variable[i]
        known[variable[i]] = values[i]
    }
    for (i = 1; i <= count; i++)
        text = text (i > 1 ? "," : "") json(names[i]) ":" json(known[names[i]])
    if (count) write("environment.json", "{\"Variables\":{" text "}}")
}

NR == 1 && index($0, mark) == 1 { $0 = substr($0, length(mark) + 1) }
{ sub(/\r$/, ""); sub(/^[ \t]+/, ""); sub(/[ \t]+$/, "") }
/^(#|$)/ { next }

/^\[/ {
    if ($0 !~ /^\[[^] \t]+\]$/) wrong("a function is [HANDLER], not " $0)
    handler = substr($0, 2, length($0) - 2)
    if (handler in seen) wrong(handler " is there twice")
    seen[handler] = 1
    handlers[++count] = handler
    at = count
    next
}

{
    key = $1
    value = $0
    sub(/^[^ \t]+[ \t]*/, "", value)
}

key == "memory" || key == "timeout" {
    if (value !~ /^[1-9][0-9]*$/) wrong(key " is a number, not " (value == "" ? "nothing" : value))
    if (key == "memory" && value + 0 < 128) wrong("memory is 128 MB at least")
    if (key == "memory" && value + 0 > 32768) wrong("memory is 32768 MB at most")
    if (key == "timeout" && value + 0 > 5400) wrong("timeout is 5400 seconds at most")
    set(key, value)
    next
}

key == "tracing" {
    if (value != "on" && value != "off") wrong("tracing is on or off")
    set(key, value == "on" ? "Active" : "PassThrough")
    next
}

key == "url" {
    if (value != "public" && value != "iam") wrong("url is public or iam")
    set(key, value)
    next
}

key == "alias" {
    if (value !~ /^[A-Za-z0-9_-]+$/ || value ~ /^[0-9]+$/ || length(value) > 128)
        wrong("an alias has letters, digits, - and _, and not only digits")
    set(key, value)
    next
}

# The limits of DurableConfig.
key == "durable" {
    if (split(value, durable, /[ \t]+/) != 2 || value !~ /^[1-9][0-9]*[ \t]+[1-9][0-9]*$/)
        wrong("durable is two numbers, the SECONDS of an execution and the DAYS of its history after it")
    if (durable[1] > 31622400) wrong("an execution lasts 31622400 seconds at most, which are 366 days")
    if (durable[2] > 90) wrong("a history is kept for 90 days at most")
    set(key, "ExecutionTimeout=" durable[1] ",RetentionPeriodInDays=" durable[2])
    next
}

key == "role" { set(key, value); next }

key == "name" {
    if (!at) wrong("name is for one function: write it below its [handler]")
    set(key, value)
    next
}

key == "env" {
    equals = index(value, "=")
    name = substr(value, 1, equals - 1)
    if (!equals) wrong("a variable is env NAME=VALUE")
    if (name in reserved) wrong(name " is reserved: Lambda sets it itself")
    if (name !~ /^[A-Za-z][A-Za-z0-9_]+$/)
        wrong("a variable is env NAME=VALUE, and Lambda takes no NAME like " name \
            ": it has at least two letters, digits and _, and begins with a letter")
    if ((at, name) in given) wrong(name " is set twice")
    given[at, name] = 1
    owners[++variables] = at
    variable[variables] = name
    values[variables] = substr(value, equals + 1)
    next
}

{ wrong("there is no setting " key "; there are: memory, timeout, tracing, env, url, alias, durable, role, name") }

END {
    if (failed) exit 2
    if (!count) { print "error: functions.conf has no [handler]" > "/dev/stderr"; exit 2 }
    for (at = 1; at <= count; at++) {
        system("mkdir " plan "/" at)
        name = handlers[at]
        gsub(/[.]/, "-", name)
        if ((at, "name") in settings) name = settings[at, "name"]
        if (name !~ /^[A-Za-z0-9_-]+$/ || length(name) > 64) {
            print "error: functions.conf: a function cannot be called " name \
                ": give it a `name` of at most 64 letters, digits, - and _" > "/dev/stderr"
            exit 2
        }
        if (name in taken) {
            print "error: functions.conf: another function is called " name \
                ", too: give one of them another `name`" > "/dev/stderr"
            exit 2
        }
        taken[name] = 1
        write("handler", handlers[at])
        write("name", name)
        write("memory", setting("memory"))
        write("timeout", setting("timeout"))
        write("tracing", setting("tracing"))
        write("url", setting("url"))
        write("alias", setting("alias"))
        write("durable", setting("durable"))
        write("role", setting("role"))
        write_variables()
    }
}

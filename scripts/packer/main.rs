//! Packs a program into the zip that Lambda takes: `packer PROGRAM ZIP`.
//!
//! The zip has one executable file, `bootstrap`, with a fixed time, so the same program gives the
//! same bytes. The format is that of <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>.

use miniz_oxide::deflate::compress_to_vec;
use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const NAME: &[u8] = b"bootstrap";
/// A regular file that everybody may read and execute, in the upper half of a file's attributes.
const MODE: u32 = 0o100_755 << 16;
/// The best compression of deflate.
const LEVEL: u8 = 9;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [program, archive] = &*arguments else {
        eprintln!("usage: packer PROGRAM ZIP");
        return ExitCode::from(2);
    };
    let (program, archive) = (Path::new(program), Path::new(archive));
    match pack(program, archive) {
        Ok(bytes) => {
            println!("{}: {bytes} bytes", archive.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: cannot pack {}: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}

/// Returns the size of the archive. It is moved into place whole.
fn pack(program: &Path, archive: &Path) -> Result<usize, Box<dyn Error>> {
    let bytes = zip(&fs::read(program)?)?;
    let part = archive.with_extension("zip.part");
    fs::write(&part, &bytes)
        .and_then(|()| fs::rename(&part, archive))
        .map_err(|error| format!("cannot write {}: {error}", archive.display()))?;
    Ok(bytes.len())
}

/// Returns a zip archive with the program as its one file.
fn zip(program: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let packed = compress_to_vec(program, LEVEL);
    let (Ok(size), Ok(packed_size)) = (u32::try_from(program.len()), u32::try_from(packed.len()))
    else {
        return Err("it has more than 4 GB, which Lambda does not take".into());
    };
    // The fields that both headers have.
    let mut facts = Vec::new();
    u16s(&mut facts, &[20, 0, 8]); // version 2.0, no flags, deflate
    u16s(&mut facts, &[0, 0x21]); // 0:00 on the first of January 1980
    u32s(&mut facts, &[crc32(program), packed_size, size]);
    u16s(&mut facts, &[u16::try_from(NAME.len())?, 0]); // no extra field

    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend(&facts);
    zip.extend(NAME);
    zip.extend(&packed);

    let directory = u32::try_from(zip.len())?;
    zip.extend(b"PK\x01\x02");
    u16s(&mut zip, &[3 << 8 | 20]); // made on Unix, so the attributes have a mode
    zip.extend(&facts);
    u16s(&mut zip, &[0, 0, 0]); // no comment, disk 0, binary
    u32s(&mut zip, &[MODE, 0]); // the file's header is at the start
    zip.extend(NAME);
    let end = u32::try_from(zip.len())?;

    zip.extend(b"PK\x05\x06");
    u16s(&mut zip, &[0, 0, 1, 1]); // one disk, one file
    u32s(&mut zip, &[end - directory, directory]);
    u16s(&mut zip, &[0]); // no comment
    Ok(zip)
}

fn u16s(bytes: &mut Vec<u8>, numbers: &[u16]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn u32s(bytes: &mut Vec<u8>, numbers: &[u32]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

/// The CRC-32 of zip, bit by bit: a program of 2 MB takes 20 ms.
fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniz_oxide::inflate::decompress_to_vec;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn the_program_comes_out_as_it_went_in_and_the_bytes_are_always_the_same() {
        for program in [&b""[..], b"x", &[7; 100_000], &(0..=255).collect::<Vec<_>>()] {
            let first = zip(program).unwrap();
            assert_eq!(first, zip(program).unwrap());
            let name = 30;
            assert_eq!(&first[name..name + NAME.len()], NAME);
            let packed_size = u32::from_le_bytes(first[18..22].try_into().unwrap()) as usize;
            let data = &first[name + NAME.len()..][..packed_size];
            assert_eq!(decompress_to_vec(data).unwrap(), program);
        }
    }

    #[test]
    fn what_cannot_be_read_or_written_leaves_the_old_archive() {
        let folder = env::temp_dir().join(format!("packer-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let archive = folder.join("lambda.zip");
        fs::write(&archive, "old").unwrap();
        let error = pack(&folder.join("absent"), &archive).unwrap_err();
        assert!(error.to_string().contains("No such file"), "{error}");
        let error = pack(&archive, &folder.join("absent/lambda.zip")).unwrap_err();
        assert!(error.to_string().contains("absent/lambda.zip"), "{error}");
        assert_eq!(fs::read(&archive).unwrap(), b"old");
        fs::remove_dir_all(&folder).unwrap();
    }
}

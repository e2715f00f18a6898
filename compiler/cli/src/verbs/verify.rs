//! `thrice verify`: whether a folder still is what the policy makes of it.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use thrice_diagnostics::SourceMap;
use thrice_readback::Found;
use thrice_report::human::{self, Options};
use thrice_report::readback::{self, Readback};

use crate::args::{Args, PlainFormat, Verify};
use crate::pipeline::Compared;
use crate::{input, output, pipeline, terminal, verbs};

/// Compares a folder with a policy and shows what differs. Exit code 1 if anything does.
pub fn run(args: &Args, verify: &Verify) -> u8 {
    let as_of = verbs::judged_at(verify.as_of);
    let folder = input::shown(&verify.folder);
    let files = match read(&verify.folder) {
        Ok(files) => files,
        Err(why) => {
            terminal::complain(&format!(
                "error: cannot read the folder `{folder}`: {why}\n"
            ));
            return verbs::MISUSE;
        }
    };
    match pipeline::compare(input::load(&verify.policy), as_of, &folder, &files) {
        Compared::NoPolicy(judged) => {
            let options = terminal::options(args);
            let shown = human::findings(&judged.report.findings, &judged.sources, options);
            let shown = format!("{shown}nothing was compared: the policy cannot be planned\n");
            verbs::finish(&shown, judged.report.outcome().exit_code())
        }
        Compared::NoBuild(mistakes, sources) => {
            let options = terminal::error_options(args);
            terminal::complain(&human::findings(&mistakes, &sources, options));
            terminal::complain("\nnothing was compared: the policy cannot be built\n");
            verbs::MISUSE
        }
        Compared::Differs(findings, sources) => {
            let found = Readback {
                folder,
                as_of: as_of.to_string(),
                files: files.len(),
                findings,
            };
            let shown = match verify.format {
                PlainFormat::Human => shown(&found, &sources, terminal::options(args)),
                PlainFormat::Json => readback::json(&found, &sources),
            };
            verbs::finish(&shown, found.exit_code())
        }
    }
}

/// For people.
fn shown(found: &Readback, sources: &SourceMap, options: Options) -> String {
    let Readback {
        folder,
        as_of,
        files,
        findings,
    } = found;
    let last = match found.differences() {
        0 => format!(
            "{files} files in {folder} say what the policy says as of {as_of}; whether it is safe: `thrice check`\n"
        ),
        1 => format!("{folder} is not what the policy says as of {as_of}: 1 difference\n"),
        wrong => {
            format!("{folder} is not what the policy says as of {as_of}: {wrong} differences\n")
        }
    };
    human::findings(findings, sources, options) + &last
}

/// All files of a folder, in order.
fn read(folder: &Path) -> Result<Vec<Found>, String> {
    let paths = output::files_below(folder).map_err(|error| input::words(&error))?;
    let found = paths.iter().map(|path| {
        let whole = folder.join(path);
        let mode = fs::symlink_metadata(&whole).map_or(0, |data| data.permissions().mode());
        Found {
            path: input::shown(path),
            content: content(&whole),
            mode: mode & 0o7777,
        }
    });
    Ok(found.collect())
}

fn content(path: &Path) -> Result<Vec<u8>, String> {
    let words = |error: std::io::Error| input::words(&error);
    let kind = fs::symlink_metadata(path).map_err(words)?.file_type();
    if kind.is_symlink() {
        return Err("it is a symbolic link, not a file".to_owned());
    }
    if !kind.is_file() {
        return Err(input::Trouble::NoFile.words());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(words)?;
    file.take(input::LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(words)?;
    if bytes.len() as u64 > input::LARGEST {
        return Err(input::Trouble::TooLarge.words());
    }
    Ok(bytes)
}

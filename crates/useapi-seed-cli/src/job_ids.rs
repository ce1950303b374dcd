//! Job IDs from arguments, files and stdin.
//!
//! Everything that is not a job ID is reported together, before anything is sent.

mod check;
mod document;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use useapi_seed::channel_of;

use crate::error::CliError;
use crate::local_file::{OUTPUT_LIMIT, read_up_to};
use crate::terminal::eprint_note;
use crate::text::sanitize;
use check::{has_digit, normalized, problem, shown};

/// Stands for stdin, as an argument or as an input file.
const STDIN: &str = "-";
/// How many problems are listed; the others are counted.
const LISTED: usize = 50;

/// The IDs in the arguments of an option, or of a positional argument if the name does
/// not begin with `-`.
pub(crate) fn of_arguments(
    name: &str,
    arguments: &[impl AsRef<str>],
) -> Result<Vec<String>, CliError> {
    let mut ids = Ids::default();
    for argument in arguments {
        ids.add_argument(name, argument.as_ref());
    }
    ids.finish()
}

/// As [`of_arguments`], for a single one.
pub(crate) fn of_argument(name: &str, argument: &str) -> Result<String, CliError> {
    of_arguments(name, &[argument]).map(|ids| ids.concat())
}

/// The IDs of the positional arguments and the input files, each once and in order.
pub(crate) fn read(arguments: &[String], input_files: &[PathBuf]) -> Result<Vec<String>, CliError> {
    let mut ids = Ids::default();
    for argument in arguments {
        if argument == STDIN {
            ids.add_document(Path::new(STDIN))?;
        } else {
            ids.add_argument("JOBID", argument);
        }
    }
    for file in input_files {
        ids.add_document(file)?;
    }
    let mut ids = ids.finish()?;
    if ids.is_empty() {
        return Err(CliError::usage("no job IDs given"));
    }
    let given = ids.len();
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    match given - ids.len() {
        0 => {}
        1 => eprint_note("ignored 1 duplicate job ID"),
        count => eprint_note(format_args!("ignored {count} duplicate job IDs")),
    }
    Ok(ids)
}

/// What is known so far.
#[derive(Debug, Default)]
struct Ids {
    valid: Vec<String>,
    problems: Vec<String>,
    /// What an argument was probably meant to be.
    hint: Option<&'static str>,
}

impl Ids {
    fn add_argument(&mut self, name: &str, argument: &str) {
        let is_option = name.starts_with('-');
        if !is_option && channel_of(argument).is_none() && Path::new(argument).is_file() {
            let problem = format!("not a job ID: {} (is a file)", shown(argument));
            self.problems.push(problem);
            self.hint = Some("did you mean `- < FILE`, or with fetch `-i FILE`?");
            return;
        }
        let location = if is_option { name } else { "" };
        let is_valid = self.add(location, argument);
        let is_word = !argument.trim().is_empty() && !has_digit(argument);
        if !is_option && !is_valid && is_word {
            self.hint = Some("did you mean --fields?");
        }
    }

    fn add_document(&mut self, path: &Path) -> Result<(), CliError> {
        let (name, content) = if path == Path::new(STDIN) {
            if io::stdin().is_terminal() {
                eprint_note("reading job IDs from the terminal; end with Ctrl-D");
            }
            ("stdin".into(), read_up_to(io::stdin(), OUTPUT_LIMIT))
        } else {
            // It may be a pipe.
            let content = File::open(path).and_then(|file| read_up_to(file, OUTPUT_LIMIT));
            (path.to_string_lossy(), content)
        };
        let content = content
            .map_err(|error| CliError::file(format!("cannot read job IDs from {name}: {error}")))?;
        self.add_content(&sanitize(&name), &content);
        Ok(())
    }

    fn add_content(&mut self, name: &str, content: &[u8]) {
        for (location, text) in document::texts(content) {
            let location = format!("{name}, {location}");
            match text {
                Ok(text) => _ = self.add(&location, &text),
                Err(problem) => self.problems.push(format!("{location}: {problem}")),
            }
        }
    }

    fn add(&mut self, location: &str, text: &str) -> bool {
        let id = normalized(text);
        let Some(problem) = problem(id) else {
            self.valid.push(id.to_owned());
            return true;
        };
        let separator = if location.is_empty() { "" } else { ": " };
        let text = shown(text);
        let problem = format!("{location}{separator}not a job ID: {text} ({problem})");
        self.problems.push(problem);
        false
    }

    fn finish(self) -> Result<Vec<String>, CliError> {
        let error = match self.problems.as_slice() {
            [] => return Ok(self.valid),
            [problem] => CliError::usage(problem).hint("Nothing was sent."),
            problems => {
                let count = problems.len();
                let error = CliError::usage(format!("{count} invalid job IDs; nothing was sent"));
                let error = problems.iter().take(LISTED).fold(error, CliError::hint);
                match count.saturating_sub(LISTED) {
                    0 => error,
                    more => error.hint(format!("and {more} more")),
                }
            }
        };
        Err(match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "20240225145303538-user:1234-channel:1114555266835431444";
    const B: &str = "20240225164554593-user:1234-channel:1127840937193054300";

    fn ids(content: impl AsRef<[u8]>) -> Vec<String> {
        let mut ids = Ids::default();
        ids.add_content("f", content.as_ref());
        ids.finish().unwrap()
    }

    fn problems(content: impl AsRef<[u8]>) -> Vec<String> {
        let mut ids = Ids::default();
        ids.add_content("f", content.as_ref());
        ids.problems
    }

    #[test]
    fn lines_are_ids_comments_or_blank() {
        let text = format!(
            "\u{feff}# mine\r\n1-user:1\r\n\n  2-user:1  # a, \"b\n\u{200b}\n#3\n\"4\",\n{A}\t#x"
        );
        assert_eq!(ids(text), ["1-user:1", "2-user:1", "4", A]);
        let text = format!("{A}  # failed, see \"{B}\r\n{B} # \"moderated\r\n");
        assert_eq!(ids(text), [A, B]);
        assert_eq!(
            problems("1#2"),
            ["f, line 1: not a job ID: \"1#2\" (contains #)"]
        );
    }

    #[test]
    fn column_of_job_ids_is_read() {
        for text in [
            format!("prompt,job_id\r\n\"a, \"\"b\"\"\nc\",{A}\r\n,\r\nd,\"{B}\"\r\n"),
            format!("\u{feff}Job ID;seed\n{A};{B}\n{B};7\n"),
            format!("# mine\n\nseed\tJOBID\n1\t{A}\n# more\n2\t{B}"),
            format!("job_id,requested_job_id\n1,{A}\n2,{B} # again\n"),
            format!("jobid\n{A}\n{B}\n"),
            format!("{A},a cat\n#{A},{B}\n{B},\"a\ndog\"\n"),
            format!("prompt,job_id\n#cat,{A}\n# mine\n\"# dog\",{B}\n"),
            format!("{A}\ta cat\r\n\r\n{B}\r\n"),
        ] {
            assert_eq!(ids(&text), [A, B], "{text}");
            let units = format!("\u{feff}{text}");
            let utf16: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(ids(utf16), [A, B]);
        }
    }

    #[test]
    fn json_has_strings_or_objects() {
        for text in [
            format!("[\"{A}\", \"{B}\"]"),
            format!(
                "\u{feff}[\r\n  {{\"job_id\": \"{A}\"}},\r\n  {{\"jobid\": \"{B}\", \"x\": 1}}\r\n]\r\n"
            ),
            format!(
                "{{\"requested_job_id\":\"{A}\",\"job_id\":\"1\"}}\n\n{{\"requested_job_id\":null,\"job_id\":\"{B}\"}}\n"
            ),
            format!("{{\n  \"job_id\": \"{A}\"\n}}\n{{\n  \"job_id\": \"{B}\"\n}}\n"),
            format!("{{\"job_id\":\"{A}\"}}\n\"{B}\"\n"),
            format!("\"{A}\"\n\"{B}\"\n"),
        ] {
            assert_eq!(ids(&text), [A, B], "{text}");
        }
    }

    #[test]
    fn problems_name_their_place() {
        assert_eq!(
            problems(b"job_id,prompt\r\n1,a\r\n\r\n# b\r\n,c\r\n\"1\n2\",d\r\n\xff1,\xff\n2,\xff"),
            [
                "f, line 5: not a job ID: \"\" (is empty)",
                "f, line 6: not a job ID: \"1\\n2\" (contains a control character)",
                "f, line 8: not UTF-8 text",
            ]
        );
        assert_eq!(
            problems(format!("{A},a\n{A},{B}\n{A},\"an inch\n{B},b\n")),
            [
                "f, line 2: more than one job ID",
                "f, line 3: more than one job ID"
            ]
        );
        assert_eq!(
            problems("{\"job_id\":\"1\"}\n\n{\"job_id\" 1}\n{\"job_id\":\"2 3\"}\n5"),
            [
                "f, line 3: not valid JSON",
                "f, line 4: not a job ID: \"2 3\" (contains a space)",
                "f, line 5: no job_id",
            ]
        );
        assert_eq!(
            problems("[\n\"1\",\n\"2/3\",\n{}]"),
            [
                "f, item 2: not a job ID: \"2/3\" (contains /)",
                "f, item 3: no job_id"
            ]
        );
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let mut ids = Ids::default();
        ids.add_content("f", b"id,prompt\n1\n2 3\n\xff5\n[\n");
        ids.add_argument("JOBID", "6\x1b");
        ids.add_argument("--job", "7/");
        let error = ids.finish().unwrap_err();
        assert_eq!(error.message(), "6 invalid job IDs; nothing was sent");
        assert_eq!(
            error.hint_text().unwrap().lines().collect::<Vec<_>>(),
            [
                "f, line 1: not a job ID: \"id,prompt\" (contains ,)",
                "f, line 3: not a job ID: \"2 3\" (contains a space)",
                "f, line 4: not UTF-8 text",
                "f, line 5: not a job ID: \"[\" (contains [)",
                "not a job ID: \"6\\u{1b}\" (contains a control character)",
                "--job: not a job ID: \"7/\" (contains /)",
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn ids_survive_every_format(
            ids in proptest::collection::vec("[0-9]{17}-user:[0-9]{1,4}-channel:[0-9]{19}", 1..5),
            prompt in "[^a-z]{0,40}",
            is_crlf: bool,
        ) {
            let end = if is_crlf { "\r\n" } else { "\n" };
            let write = |delimiter: u8, header: Option<&str>| {
                let mut csv = csv::WriterBuilder::new();
                let mut csv = csv.delimiter(delimiter).flexible(true).from_writer(Vec::new());
                if let Some(name) = header {
                    csv.write_record(["prompt", name]).unwrap();
                }
                for id in &ids {
                    csv.write_record(match header {
                        Some(_) => [&prompt, id],
                        None => [id, &prompt],
                    }).unwrap();
                }
                csv.into_inner().unwrap()
            };
            let prompt_json = serde_json::to_string(&prompt).unwrap();
            let object = |id: &String| format!("{{\"prompt\":{prompt_json},\"jobid\":\"{id}\"}}");
            let comment = prompt.replace(['\n', '\r'], " ");
            let lines: Vec<String> = ids.iter().map(|id| format!("{id} # {comment}")).collect();
            for content in [
                write(b',', Some("job_id")),
                write(b'\t', Some("jobid")),
                write(b',', None),
                lines.join(end).into_bytes(),
                serde_json::to_vec_pretty(&ids).unwrap(),
                ids.iter().map(object).collect::<Vec<_>>().join(end).into_bytes(),
            ] {
                proptest::prop_assert_eq!(&self::ids(content), &ids);
            }
        }

        #[test]
        fn any_content_is_read(content: Vec<u8>, text in "[\\[\\]{}\",;\t\r\n# 0-9a-z:-]{0,80}") {
            problems(&content);
            problems(text);
        }
    }
}

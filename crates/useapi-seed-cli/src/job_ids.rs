//! Job IDs from arguments, files and stdin.
//!
//! Everything that is not a job ID is reported together, before anything is sent.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use csv::{Position, ReaderBuilder, StringRecord, Terminator};
use serde_json::{Deserializer, Value};
use useapi_seed::{ErrorKind, channel_of, check_job_id};

use crate::error::CliError;
use crate::local_file::{OUTPUT_LIMIT, read_up_to};
use crate::terminal::eprint_note;
use crate::text::sanitize;

/// Stands for stdin, as an argument or as an input file.
const STDIN: &str = "-";
/// Names of columns and fields, the first that is present counts. The output of `fetch`
/// has the first two.
const NAMES: [&str; 3] = ["requested_job_id", "job_id", "jobid"];
/// Besides letters and digits.
const ALLOWED: &str = "-_.:+~=@";
/// How many characters of a text are shown.
const SHOWN: usize = 80;
/// How many problems are listed; the others are counted.
const LISTED: usize = 50;

/// The ID in an argument.
pub(crate) fn of_argument(argument: &str) -> Result<String, CliError> {
    let mut ids = Ids::default();
    ids.add("", argument);
    ids.finish().map(|ids| ids.concat())
}

/// The IDs of the positional arguments and the input files, each once and in order.
pub(crate) fn read(arguments: &[String], input_files: &[PathBuf]) -> Result<Vec<String>, CliError> {
    let mut ids = Ids::default();
    for argument in arguments {
        if argument == STDIN {
            ids.add_file(Path::new(STDIN))?;
        } else if channel_of(argument).is_none() && Path::new(argument).is_file() {
            ids.reject("", argument, "is a file; read it with -i");
        } else {
            ids.add("", argument);
        }
    }
    for file in input_files {
        ids.add_file(file)?;
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
}

impl Ids {
    fn add_file(&mut self, path: &Path) -> Result<(), CliError> {
        // Either may be a pipe.
        let (name, content) = if path == Path::new(STDIN) {
            if io::stdin().is_terminal() {
                eprint_note("reading job IDs from the terminal; end with Ctrl-D");
            }
            ("stdin".into(), read_up_to(io::stdin(), OUTPUT_LIMIT))
        } else {
            let content = File::open(path).and_then(|file| read_up_to(file, OUTPUT_LIMIT));
            (path.to_string_lossy(), content)
        };
        let name = sanitize(&name);
        let content = content
            .map_err(|error| CliError::file(format!("cannot read job IDs from {name}: {error}")))?;
        self.add_content(&name, &String::from_utf8_lossy(&content));
        Ok(())
    }

    /// Adds the IDs of CSV or TSV if the first line names a column for them, of JSON if
    /// it begins as JSON does, or else of lines.
    fn add_content(&mut self, name: &str, content: &str) {
        let content = content.trim_start_matches('\u{feff}');
        if let Some((delimiter, column)) = table(content) {
            self.add_table(name, content, delimiter, column);
        } else if content.trim_start().starts_with(['[', '{']) {
            self.add_json(name, content);
        } else {
            self.add_lines(name, content);
        }
    }

    /// A job ID per line; what follows a `#` is a comment.
    fn add_lines(&mut self, name: &str, content: &str) {
        for (line, number) in content.lines().zip(1..) {
            let (text, _) = line.split_once('#').unwrap_or((line, ""));
            if !normalized(text).is_empty() {
                self.add(&format!("{name}, line {number}: "), text);
            }
        }
    }

    fn add_table(&mut self, name: &str, content: &str, delimiter: u8, column: usize) {
        for record in records(content, delimiter).skip(1) {
            let line = record.position().map_or(0, Position::line);
            let location = format!("{name}, line {line}: ");
            let id = record.get(column).unwrap_or_default();
            let hides_lines = |field: &str| field.contains('\n') && channel_of(field).is_some();
            if record.iter().any(hides_lines) {
                self.reject(&location, id, "the quotes of its line hide other IDs");
            } else if !record.iter().all(|field| field.trim().is_empty()) {
                self.add(&location, id);
            }
        }
    }

    /// JSON values one after the other, such as JSON lines or an array.
    fn add_json(&mut self, name: &str, content: &str) {
        let mut number = 0;
        for value in Deserializer::from_str(content).into_iter() {
            let items = match value {
                Ok(Value::Array(items)) => items,
                Ok(value) => vec![value],
                Err(error) => {
                    let problem = format!("{name}: not valid JSON: {error}");
                    return self.problems.push(problem);
                }
            };
            for item in items {
                number += 1;
                let mut fields = NAMES.iter().filter_map(|name| item.get(name)?.as_str());
                let id = item.as_str().or_else(|| fields.next());
                let text = id.map_or_else(|| item.to_string(), str::to_owned);
                self.add(&format!("{name}, item {number}: "), &text);
            }
        }
    }

    fn add(&mut self, location: &str, text: &str) {
        let id = normalized(text);
        match problem(id) {
            None => self.valid.push(id.to_owned()),
            Some(problem) => self.reject(location, text, &problem),
        }
    }

    fn reject(&mut self, location: &str, text: &str, problem: &str) {
        let start: String = text.chars().take(SHOWN).collect();
        let rest = if start.len() < text.len() { "..." } else { "" };
        let problem = format!("{location}not a job ID: {start:?}{rest} ({problem})");
        self.problems.push(problem);
    }

    fn finish(self) -> Result<Vec<String>, CliError> {
        Err(match self.problems.as_slice() {
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
        })
    }
}

/// The delimiter of CSV or TSV, and its column with job IDs.
fn table(content: &str) -> Option<(u8, usize)> {
    let mut delimiters = [b',', b'\t', b';'].into_iter();
    delimiters.find_map(|delimiter| {
        let header = records(content, delimiter).next()?;
        let column = NAMES.iter().find_map(|name| {
            let mut fields = header.iter();
            fields.position(|field| field.trim().eq_ignore_ascii_case(name))
        });
        Some((delimiter, column?))
    })
}

fn records(content: &str, delimiter: u8) -> impl Iterator<Item = StringRecord> {
    let mut reader = ReaderBuilder::new();
    reader.has_headers(false).flexible(true);
    // The reader would not count the line ends of Windows.
    let reader = reader.terminator(Terminator::Any(b'\n'));
    let reader = reader.delimiter(delimiter).from_reader(content.as_bytes());
    // Nothing in a text is an error.
    reader.into_records().map_while(Result::ok)
}

/// An ID without what lists, tables and editors put around it.
fn normalized(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '"' | '\'' | ',' | '\u{200b}' | '\u{feff}')
    })
}

/// Why a text cannot be a job ID.
fn problem(id: &str) -> Option<String> {
    if let Err(error) = check_job_id(id) {
        return Some(match error.kind() {
            ErrorKind::InvalidInput { reason, .. } => reason.clone(),
            _ => error.to_string(),
        });
    }
    let is_allowed = |character: char| character.is_alphanumeric() || ALLOWED.contains(character);
    match id.chars().find(|character| !is_allowed(*character)) {
        Some(' ') => Some("contains a space".to_owned()),
        Some(character) if character.is_ascii() => Some(format!("contains {character}")),
        Some(character) => Some(format!("contains U+{:04X}", u32::from(character))),
        // A word that was meant for an option.
        None if !id.contains(char::is_numeric) => Some("contains no digit".to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "20240225145303538-user:1234-channel:1114555266835431444";
    const B: &str = "20240225164554593-user:1234-channel:1127840937193054300";

    fn ids(content: impl AsRef<[u8]>) -> Vec<String> {
        let mut ids = Ids::default();
        ids.add_content("f", &String::from_utf8_lossy(content.as_ref()));
        ids.finish().unwrap()
    }

    fn problems(content: impl AsRef<[u8]>) -> Vec<String> {
        let mut ids = Ids::default();
        ids.add_content("f", &String::from_utf8_lossy(content.as_ref()));
        ids.problems
    }

    #[test]
    fn lines_are_ids_comments_or_blank() {
        let text = format!(
            "\u{feff}# mine\r\n1-user:1\r\n\n  2-user:1  # a, \"b\n\u{200b}\n#3\n\"4\",\n{A}\t#x"
        );
        assert_eq!(ids(text), ["1-user:1", "2-user:1", "4", A]);
        let text = format!("\"{A}\"  # failed, see \"{B}\r\n\"{B}\" # \"moderated\r\n");
        assert_eq!(ids(text), [A, B]);
    }

    #[test]
    fn column_of_job_ids_is_read() {
        for text in [
            format!("prompt,job_id\r\n\"a, \"\"b\"\"\nc\",{A}\r\n,\r\nd,\"{B}\"\r\n"),
            format!("\u{feff}JobID;seed\n{A};{B}\n{B};7\n"),
            format!("seed\tJOBID\n1\t{A}\n\n2\t{B}"),
            format!("\"job_id\",\"requested_job_id\"\n\"1\",\"{A}\"\n\"2\",\"{B}\"\r\n"),
            format!("jobid\n{A}\n{B}\n"),
            format!("prompt,job_id\n#cat,{A}\n\"# dog\",{B}\n"),
        ] {
            assert_eq!(ids(&text), [A, B], "{text}");
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
        ] {
            assert_eq!(ids(&text), [A, B], "{text}");
        }
    }

    #[test]
    fn problems_name_their_place() {
        assert_eq!(
            problems(b"job_id,prompt\r\n1,a\r\n\r\n,c\r\n\"1\n2\",d\r\n\xff1,\xff\n2,\xff"),
            [
                "f, line 4: not a job ID: \"\" (is empty)",
                "f, line 5: not a job ID: \"1\\n2\" (contains a control character)",
                "f, line 7: not a job ID: \"\u{fffd}1\" (contains U+FFFD)",
            ]
        );
        assert_eq!(
            problems(format!("job_id,prompt\n{A},{B}\n{A},\"an inch\n{B},b\n")),
            [format!(
                "f, line 3: not a job ID: \"{A}\" (the quotes of its line hide other IDs)"
            )]
        );
        assert_eq!(
            problems("{\"job_id\":\"1\"}\n{\"job_id\":\"2 3\"}\n5\n{\"job_id\" 1}\n"),
            [
                "f, item 2: not a job ID: \"2 3\" (contains a space)",
                "f: not valid JSON: expected `:` at line 4 column 11",
            ]
        );
        assert_eq!(
            problems("[\n\"1\",\n\"2/3\",\n{}]"),
            [
                "f, item 2: not a job ID: \"2/3\" (contains /)",
                "f, item 3: not a job ID: \"{}\" (contains {)"
            ]
        );
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let mut ids = Ids::default();
        ids.add_content("f", "id,prompt\n1\n2 3\n\u{fffd}5\n[\n");
        ids.add("", "6\x1b");
        let error = ids.finish().unwrap_err();
        assert_eq!(error.message(), "5 invalid job IDs; nothing was sent");
        assert_eq!(
            error.hint_text().unwrap().lines().collect::<Vec<_>>(),
            [
                "f, line 1: not a job ID: \"id,prompt\" (contains ,)",
                "f, line 3: not a job ID: \"2 3\" (contains a space)",
                "f, line 4: not a job ID: \"\u{fffd}5\" (contains U+FFFD)",
                "f, line 5: not a job ID: \"[\" (contains [)",
                "not a job ID: \"6\\u{1b}\" (contains a control character)",
            ]
        );
    }

    #[test]
    fn decoration_around_an_id_is_removed() {
        for (before, after) in [
            ("", "\r"),
            (" ", "\t"),
            ("\u{a0}", "\u{a0}"),
            ("\u{feff}", ""),
            ("", "\u{200b}"),
            ("\"", "\""),
            ("'", "'"),
            ("", ","),
            ("\u{feff}\" ", "\" ,\r"),
        ] {
            assert_eq!(normalized(&format!("{before}{A}{after}")), A);
        }
        for text in ["", " ", "\u{feff}", "\"\"", "\" \",", ","] {
            assert_eq!(normalized(text), "");
        }
    }

    #[test]
    fn text_that_is_not_an_id_is_rejected() {
        for id in [A, "5", "1-user:1", "abc_1.2~3+4=", "é5"] {
            assert_eq!(problem(id), None, "{id}");
        }
        let long = "5".repeat(257);
        for (id, words) in [
            ("", "is empty"),
            (&*long, "longer than 256"),
            ("jobid", "no digit"),
            ("-", "no digit"),
            ("1 2", "contains a space"),
            ("1\u{a0}2", "U+00A0"),
            ("1\r2", "control character"),
            ("1\u{7f}", "control character"),
            ("1\u{200b}2", "U+200B"),
            ("1\u{ad}2", "U+00AD"),
            ("1\u{202e}2", "U+202E"),
            ("1\u{e0001}2", "U+E0001"),
            ("it's1", "contains '"),
            ("1,cat", "contains ,"),
            ("1;2", "contains ;"),
            ("{1}", "contains {"),
            ("https://a.b/?jobid=1", "contains /"),
            ("..\\1", "contains \\"),
        ] {
            let problem = problem(id).unwrap_or_default();
            assert!(problem.contains(words), "{id:?}: {problem}");
        }
    }

    proptest::proptest! {
        #[test]
        fn ids_survive_every_format(
            ids in proptest::collection::vec("[0-9]{17}-user:[0-9]{1,4}-channel:[0-9]{19}", 1..5),
            prompt in "[^a-z]{0,40}",
            is_crlf: bool,
        ) {
            let end = if is_crlf { "\r\n" } else { "\n" };
            let write = |delimiter: u8, name: &str| {
                let mut csv = csv::WriterBuilder::new();
                let mut csv = csv.delimiter(delimiter).from_writer(Vec::new());
                csv.write_record(["prompt", name]).unwrap();
                for id in &ids {
                    csv.write_record([&prompt, id]).unwrap();
                }
                csv.into_inner().unwrap()
            };
            let prompt_json = serde_json::to_string(&prompt).unwrap();
            let object = |id: &String| format!("{{\"prompt\":{prompt_json},\"jobid\":\"{id}\"}}");
            let comment = prompt.replace(['\n', '\r'], " ");
            let lines: Vec<String> = ids.iter().map(|id| format!("{id} # {comment}")).collect();
            for content in [
                write(b',', "job_id"),
                write(b'\t', "jobid"),
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

//! The jobs' ids: from the command line, a file, or stdin.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use crate::failure::Failure;
use crate::terminal::{note_mark, plain, tell};

/// On the command line, this stands for what stdin has.
const STDIN: &str = "-";

/// Each id once, in the order in which they were given.
pub(crate) fn read(arguments: Vec<String>, from: Option<&Path>) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for argument in arguments {
        if argument == STDIN {
            let mut text = Vec::new();
            io::stdin().read_to_end(&mut text).map_err(|fault| {
                Failure::file(format!("cannot read job ids from stdin: {fault}"))
            })?;
            all.extend(lines(&text, "stdin")?);
        } else {
            all.push(argument);
        }
    }
    if let Some(file) = from {
        let place = file.display();
        let text = std::fs::read(file)
            .map_err(|fault| Failure::file(format!("cannot read job ids from {place}: {fault}")))?;
        all.extend(lines(&text, &place.to_string())?);
    }
    if all.is_empty() {
        return Err(Failure::wrong_use("there is no job id in what was given"));
    }
    let given = all.len();
    let mut seen = BTreeSet::new();
    all.retain(|id| seen.insert(id.clone()));
    if all.len() < given {
        let doubled = given - all.len();
        tell(format_args!(
            "{} job ids that stand twice: {doubled}",
            note_mark()
        ));
    }
    Ok(all)
}

fn lines(text: &[u8], place: &str) -> Result<Vec<String>, Failure> {
    let text = std::str::from_utf8(text)
        .map_err(|_| Failure::wrong_use(format!("{place}: it is no Unicode text")))?;
    text.trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            // An id has none; a table has, and so has a sentence.
            if line.contains(char::is_whitespace) {
                let line = plain(line);
                return Err(Failure::wrong_use(format!(
                    "{place}, line {number}: {line:?} is no job id, for it has a space"
                )));
            }
            Ok(line.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_id_or_says_nothing() {
        let text = "\u{feff}# mine\r\n1-user:1\r\n\n  2-user:1  \n#3\n";
        assert_eq!(
            lines(text.as_bytes(), "f").unwrap(),
            ["1-user:1", "2-user:1"]
        );
        for (text, words) in [
            ("1\n2 3\n".as_bytes(), "f, line 2"),
            (b"\xff\n", "no Unicode"),
        ] {
            assert!(lines(text, "f").unwrap_err().message().contains(words));
        }
    }
}

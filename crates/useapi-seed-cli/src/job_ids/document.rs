//! Documents with job IDs: lines, CSV, TSV, a JSON array, or JSON lines.

use csv::{ByteRecord, Position, ReaderBuilder};
use serde_json::{Deserializer, Value};
use useapi_seed::channel_of;

use super::check::{is_blank, normalized, problem};

const BOM: &[u8] = b"\xef\xbb\xbf";
/// What Windows PowerShell redirects begins so.
const UTF16_BOM: &[u8] = b"\xff\xfe";
/// Names of columns and fields, the first that is present counts. The output of `fetch`
/// has the first two.
const NAMES: [&str; 3] = ["requested_job_id", "job_id", "jobid"];

/// Where a text is that stands for a job ID, and the text or what is wrong with it.
type Entry = (String, Result<String, &'static str>);

pub(super) fn texts(content: &[u8]) -> Vec<Entry> {
    if let Some(utf16) = content.strip_prefix(UTF16_BOM) {
        let units = utf16.as_chunks().0.iter().copied();
        let units: Vec<u16> = units.map(u16::from_le_bytes).collect();
        return texts(String::from_utf16_lossy(&units).as_bytes());
    }
    let content = content.strip_prefix(BOM).unwrap_or(content);
    if let Some(b'[' | b'{') = content.trim_ascii_start().first() {
        return json(content);
    }
    match Table::of(content) {
        Some(table) => table.read(content),
        None => lines(content),
    }
}

/// A job ID per line; a comment begins with `#` at the start or after white space.
fn lines(content: &[u8]) -> Vec<Entry> {
    let lines = content.split(|byte| *byte == b'\n').zip(1..);
    let texts = lines.map(|(line, number)| (at_line(number), text(line)));
    texts
        .filter(|(_, text)| text.as_ref().is_ok_and(|text| !text.is_empty()) || text.is_err())
        .collect()
}

/// CSV or TSV.
struct Table {
    delimiter: u8,
    column: usize,
    has_header: bool,
}

impl Table {
    /// By its first line: names of columns, or a job ID and something else.
    fn of(content: &[u8]) -> Option<Self> {
        let texts = content.split(|byte| *byte == b'\n').map(text);
        let first = texts.filter_map(Result::ok).find(|text| !text.is_empty())?;
        let delimiters = [b'\t', b',', b';'].into_iter();
        { delimiters }.find_map(|delimiter| Self::with(&first, delimiter))
    }

    fn with(first: &str, delimiter: u8) -> Option<Self> {
        let record = records(first.as_bytes(), delimiter).next()?;
        let name = |field: &[u8]| {
            let name = String::from_utf8_lossy(field);
            name.trim_matches(is_blank).to_lowercase().replace(' ', "_")
        };
        let names: Vec<_> = record.iter().map(name).collect();
        let column = NAMES
            .into_iter()
            .find_map(|name| names.iter().position(|it| it == name));
        let table = Self {
            delimiter,
            column: column.unwrap_or(0),
            has_header: column.is_some(),
        };
        let starts_with_id = || {
            let id = record.get(0).and_then(|field| str::from_utf8(field).ok());
            record.len() > 1
                && id
                    .is_some_and(|id| channel_of(id).is_some() && problem(normalized(id)).is_none())
                && !table.has_others(&record)
        };
        (table.has_header || starts_with_id()).then_some(table)
    }

    fn read(&self, content: &[u8]) -> Vec<Entry> {
        let (mut line, mut counted) = (1, 0);
        let mut entries = Vec::new();
        let records = records(content, self.delimiter).skip_while(is_comment);
        for record in records.skip(self.has_header.into()) {
            // The reader's position is that of the previous record's end, and its line
            // ignores the rest of CRLF.
            let start = record.position().map_or(0, Position::byte);
            let (before, rest) = content.split_at(usize::try_from(start).unwrap_or(0));
            line += count_lines(before.get(counted..).unwrap_or_default());
            counted = before.len();
            let mut skipped = rest.split(|byte| *byte == b'\n');
            let skipped = skipped.position(|line| !matches!(line, [] | b"\r"));
            let text = text(record.get(self.column).unwrap_or_default());
            let is_blank = record.iter().all(|field| field.trim_ascii().is_empty());
            if is_blank || is_comment(&record) && text.as_ref().is_ok_and(String::is_empty) {
                continue;
            }
            let has_others = self.has_others(&record);
            let text = if has_others {
                Err("more than one job ID")
            } else {
                text
            };
            entries.push((at_line(line + skipped.unwrap_or(0)), text));
        }
        entries
    }

    /// Whether other columns have job IDs: of their own or, where a quote is not closed,
    /// of the lines that follow.
    fn has_others(&self, record: &ByteRecord) -> bool {
        let is_lines = |field: &[u8]| !self.has_header || field.contains(&b'\n');
        let fields = record.iter().enumerate();
        { fields }
            .any(|(column, field)| column != self.column && is_lines(field) && has_channel(field))
    }
}

fn records(content: &[u8], delimiter: u8) -> impl Iterator<Item = ByteRecord> {
    let mut reader = ReaderBuilder::new();
    reader.has_headers(false).flexible(true);
    reader.delimiter(delimiter);
    // Nothing in a slice is an error.
    { reader.from_reader(content).into_byte_records() }.map_while(Result::ok)
}

/// Whether a record is a line that begins with `#`; in a table that may also be a prompt.
fn is_comment(record: &ByteRecord) -> bool {
    let is_line = record.iter().all(|field| !field.contains(&b'\n'));
    let first = record.get(0).unwrap_or_default().trim_ascii_start();
    is_line && first.starts_with(b"#")
}

/// JSON values one after the other, such as JSON lines or a single array.
fn json(content: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let (mut rest, mut line) = (content, 1);
    loop {
        let blank = rest.len() - rest.trim_ascii_start().len();
        let (before, value) = rest.split_at(blank);
        line += count_lines(before);
        if value.is_empty() {
            return entries;
        }
        let mut values = Deserializer::from_slice(value).into_iter();
        let read = match values.next() {
            Some(Ok(Value::Array(items))) => {
                let items = items.iter().zip(1..);
                entries.extend(items.map(|(item, number)| (format!("item {number}"), id(item))));
                values.byte_offset()
            }
            Some(Ok(value)) => {
                entries.push((at_line(line), id(&value)));
                values.byte_offset()
            }
            Some(Err(error)) => {
                let lines = error.line().max(1);
                entries.push((at_line(line + lines - 1), Err("not valid JSON")));
                // The next line may be valid.
                let lines = value.split_inclusive(|byte| *byte == b'\n').take(lines);
                lines.map(<[u8]>::len).sum()
            }
            None => return entries,
        };
        let (before, after) = value.split_at(read);
        line += count_lines(before);
        rest = after;
    }
}

fn id(value: &Value) -> Result<String, &'static str> {
    let mut fields = NAMES
        .into_iter()
        .filter_map(|name| value.get(name)?.as_str());
    let id = value.as_str().or_else(|| fields.next());
    id.map(str::to_owned).ok_or("no job_id")
}

/// A line or a field without blanks and comment.
fn text(line: &[u8]) -> Result<String, &'static str> {
    let line = str::from_utf8(line).map_err(|_| "not UTF-8 text")?;
    let is_comment = |(start, _): &(usize, &str)| {
        let before = line.get(..*start).unwrap_or_default();
        before.is_empty() || before.ends_with(is_blank)
    };
    let end = line.match_indices('#').find(is_comment);
    let text = line.get(..end.map_or(line.len(), |(start, _)| start));
    Ok(text.unwrap_or_default().trim_matches(is_blank).to_owned())
}

fn has_channel(field: &[u8]) -> bool {
    channel_of(&String::from_utf8_lossy(field)).is_some()
}

fn count_lines(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').skip(1).count()
}

fn at_line(number: usize) -> String {
    format!("line {number}")
}

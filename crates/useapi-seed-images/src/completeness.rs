//! Whether the bytes that were received are the complete image.

/// How the HTTP framing of a body ended (RFC 9112, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// As announced: all bytes of the length, the last chunk, or the end of the
    /// stream.
    Complete,
    /// The body ends with its connection, however early that closes.
    Unknown,
    /// Before the announced end.
    Broken,
}

/// What a file's structure says of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Structure {
    /// The end is there, and nothing before it is missing.
    EndFound,
    /// The file breaks off before its end.
    EndMissing,
    /// The format has no end that can be checked.
    Unchecked,
}

/// The rule for all downloads. An image of another size than announced is not
/// incomplete because of that; the difference is a
/// [`Mismatch`](crate::Mismatch).
pub(crate) fn is_complete(
    framing: Framing,
    announced: Option<u64>,
    received: u64,
    structure: Structure,
) -> bool {
    if announced == Some(received) {
        return true;
    }
    match structure {
        Structure::EndFound => true,
        Structure::EndMissing => false,
        Structure::Unchecked => framing == Framing::Complete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Framing::{Broken, Complete, Unknown};
    use Structure::{EndFound, EndMissing, Unchecked};

    #[test]
    fn completeness_follows_the_table() {
        const ANY: [Framing; 3] = [Complete, Unknown, Broken];
        const EQUAL: [Option<u64>; 1] = [Some(100)];
        const DIFFERS: [Option<u64>; 3] = [Some(101), Some(99), None];
        type Row<'a> = (&'a [Framing], &'a [Option<u64>], &'a [Structure], bool);
        let rows: [Row<'_>; 5] = [
            (&ANY, &EQUAL, &[EndFound, EndMissing, Unchecked], true),
            (&[Complete], &DIFFERS, &[EndFound, Unchecked], true),
            (&[Complete], &DIFFERS, &[EndMissing], false),
            (&[Unknown, Broken], &DIFFERS, &[EndFound], true),
            (
                &[Unknown, Broken],
                &DIFFERS,
                &[EndMissing, Unchecked],
                false,
            ),
        ];
        let mut cases = 0;
        for (framings, sizes, structures, expected) in rows {
            for framing in framings {
                for announced in sizes {
                    for structure in structures {
                        let complete = is_complete(*framing, *announced, 100, *structure);
                        assert_eq!(
                            complete, expected,
                            "{framing:?} {announced:?} {structure:?}"
                        );
                        cases += 1;
                    }
                }
            }
        }
        // Every combination is in exactly one row.
        assert_eq!(cases, 3 * 4 * 3);
    }
}

// SPDX-License-Identifier: Apache-2.0
//! What the YAML reader complains about, in words that say what to do.

use saphyr_parser::ScanError;

/// A mistake of syntax in our words.
pub(super) struct Syntax {
    /// The sentence.
    pub(super) message: &'static str,
    /// A few words beside the place.
    pub(super) label: &'static str,
    /// What to do about it.
    pub(super) help: &'static str,
}

/// A piece of the reader's message, and what to say instead. The first that fits counts.
const TABLE: &[(&str, Syntax)] = &[
    (
        "tab",
        Syntax {
            message: "a tab stands where YAML wants spaces",
            label: "a tab",
            help: "indent with spaces",
        },
    ),
    (
        "recursion limit",
        Syntax {
            message: "too many brackets within each other",
            label: "too deep",
            help: "a pipeline file is a few levels deep",
        },
    ),
    (
        "misplaced bracket",
        Syntax {
            message: "a bracket is closed that was not opened",
            label: "nothing to close",
            help: "remove it, or open it before",
        },
    ),
    (
        "expected ',' or ']'",
        Syntax {
            message: "a list is not closed",
            label: "expected `,` or `]`",
            help: "items are separated by `,` and the list ends with `]`",
        },
    ),
    (
        "expected ',' or '}'",
        Syntax {
            message: "a map is not closed",
            label: "expected `,` or `}`",
            help: "entries are separated by `,` and the map ends with `}`",
        },
    ),
    (
        "invalid indentation in flow construct",
        Syntax {
            message: "what stands in brackets must be indented more than the key before them",
            label: "not indented enough",
            help: "is a `]` or `}` missing before this line?",
        },
    ),
    (
        "unexpected document indicator",
        Syntax {
            message: "a text in quotes is not closed",
            label: "another document starts here",
            help: "close the quote",
        },
    ),
    (
        "unexpected end of stream",
        Syntax {
            message: "a text in quotes is not closed",
            label: "the file ends here",
            help: "close the quote",
        },
    ),
    (
        "invalid indentation in quoted scalar",
        Syntax {
            message: "a text in quotes is not closed",
            label: "opened here",
            help: "close the quote; where the text goes on in the next line, indent that line",
        },
    ),
    (
        "invalid trailing content after",
        Syntax {
            message: "text follows a closing quote",
            label: "does not belong to the text in quotes",
            help: "put all of it in quotes, or remove it",
        },
    ),
    (
        "mapping values are not allowed",
        Syntax {
            message: "a `:` stands where no key can be",
            label: "unexpected `:`",
            help: "is the line indented like its neighbours? a text with `: ` in it stands in quotes",
        },
    ),
    (
        "illegal placement of ':'",
        Syntax {
            message: "a `:` stands where no key can be",
            label: "unexpected `:`",
            help: "is the line indented like its neighbours? a text with `: ` in it stands in quotes",
        },
    ),
    (
        "simple key expect",
        Syntax {
            message: "a line is neither an entry nor part of the one before it",
            label: "expected `key: value`",
            help: "is a `:` missing, or the line indented wrongly?",
        },
    ),
    (
        "did not find expected key",
        Syntax {
            message: "a line does not belong to the map around it",
            label: "expected a key",
            help: "entries of one map are indented alike",
        },
    ),
    (
        "did not find expected '-'",
        Syntax {
            message: "a line does not belong to the list around it",
            label: "expected `-`",
            help: "items of one list are indented alike and start with `-`",
        },
    ),
    (
        "block sequence entries are not allowed",
        Syntax {
            message: "a list item stands where no list can be",
            label: "unexpected `-`",
            help: "a list starts on the line after its key",
        },
    ),
    (
        "is only valid inside a block",
        Syntax {
            message: "a list item with `-` stands within brackets",
            label: "unexpected `-`",
            help: "in brackets, items are separated by `,`",
        },
    ),
    (
        "unknown anchor",
        Syntax {
            message: "`*` starts an alias, and no anchor of this name stands before it",
            label: "unknown anchor",
            help: "put a text that starts with `*` in quotes: \"*.utilization\"; an anchor is `&name` before a value",
        },
    ),
    (
        "unknown escape character",
        Syntax {
            message: "an unknown escape in double quotes",
            label: "unknown escape",
            help: "write `\\\\` for a backslash, or use single quotes",
        },
    ),
    (
        "hexadecimal number",
        Syntax {
            message: "an escape in double quotes lacks its digits",
            label: "expected hexadecimal digits",
            help: "`\\x` takes two digits, `\\u` four, `\\U` eight",
        },
    ),
    (
        "did not find expected node content",
        Syntax {
            message: "a value is missing",
            label: "expected a value",
            help: "write a text, a number, `[..]` or `{..}`",
        },
    ),
    (
        "unexpected character: `@'",
        Syntax {
            message: "a value cannot start with `@`",
            label: "reserved in YAML",
            help: "put the text in quotes",
        },
    ),
    (
        "unexpected character: ``'",
        Syntax {
            message: "a value cannot start with a backtick",
            label: "reserved in YAML",
            help: "put the text in quotes",
        },
    ),
    (
        "unexpected character: `%'",
        Syntax {
            message: "a value cannot start with `%`",
            label: "reserved in YAML",
            help: "put the text in quotes",
        },
    ),
    (
        "anchor or alias",
        Syntax {
            message: "`&` and `*` start an anchor or an alias, which needs a name",
            label: "expected a name",
            help: "put a text that starts with `&` or `*` in quotes: \"*.utilization\"",
        },
    ),
    (
        "handle",
        Syntax {
            message: "a value that starts with `!` is a tag, which pipeline files do not have",
            label: "not a tag either",
            help: "put a text that starts with `!` in quotes",
        },
    ),
    (
        "tag",
        Syntax {
            message: "a value that starts with `!` is a tag, which pipeline files do not have",
            label: "not a tag either",
            help: "put a text that starts with `!` in quotes",
        },
    ),
    (
        "directive",
        Syntax {
            message: "a line that starts with `%` is a directive, which pipeline files do not need",
            label: "not a directive either",
            help: "remove the line",
        },
    ),
    (
        "block scalar",
        Syntax {
            message: "the lines after `|` or `>` are not indented as one text",
            label: "wrong indentation",
            help: "indent each line of the text by the same number of spaces",
        },
    ),
    (
        "document",
        Syntax {
            message: "the file has more than one document",
            label: "unexpected here",
            help: "a pipeline file is one document: remove `---` and `...`",
        },
    ),
    (
        "indentation",
        Syntax {
            message: "a line is indented as no line around it is",
            label: "wrong indentation",
            help: "entries of one map, and items of one list, are indented alike",
        },
    ),
];

/// The mistake in our words; `None` if the reader has one that the table does not know.
pub(super) fn explain(error: &ScanError) -> Option<&'static Syntax> {
    TABLE.iter().find(|(piece, _)| error.info().contains(piece)).map(|(_, syntax)| syntax)
}

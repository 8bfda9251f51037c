//! Which keys may become which relative paths.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use unicode_normalization::UnicodeNormalization;

use crate::checksum::{Algorithm, Checksum};

/// The longest file name that common file systems take, in bytes.
const LONGEST_NAME: usize = 255;

/// How the names of part files and their journals begin and end.
const OURS: &str = ".reenact-";
const PART: &str = ".part";
const JOURNAL: &str = ".journal";

/// What a [`Plan`](crate::Plan) demands of names beyond never leaving its directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NamePolicy {
    /// The tree can be kept on any platform: no backslashes, no drive letters, no names that Windows reserves for devices, and
    /// no two names that differ only by case, by Unicode normalisation, or by dots and spaces at their end. The default.
    #[default]
    Portable,
    /// Whatever the local file system of a Unix machine may hold.
    Native,
}

/// Says why `path`, relative and with `/` between its parts, must not be made a file; nothing if it may.
pub(crate) fn refusal(path: &str, policy: NamePolicy) -> Option<&'static str> {
    if path.contains('\0') {
        return Some("it contains NUL");
    }
    if path.starts_with('/') {
        return Some("the path would be absolute");
    }
    if policy == NamePolicy::Portable && path.contains('\\') {
        return Some("it contains a backslash, which divides paths on Windows");
    }
    if policy == NamePolicy::Portable && starts_with_drive(path) {
        return Some("it begins with a drive letter");
    }
    path.split('/').find_map(|part| match part {
        "" => Some("a part of the path is empty"),
        "." | ".." => Some("a part of the path is `.` or `..`"),
        _ if part.len() > LONGEST_NAME => Some("a part of the path is longer than 255 bytes"),
        _ if is_ours(part) => Some("it is the name of a part file of ours"),
        _ if policy == NamePolicy::Portable && is_device(part) => {
            Some("Windows reserves that name for a device")
        }
        _ if policy == NamePolicy::Portable && part.trim_end_matches(['.', ' ']).is_empty() => {
            Some("a part of the path has only dots and spaces, which Windows drops")
        }
        _ => None,
    })
}

/// Returns the form in which two paths are equal that meet on one file where the file system ignores case, Unicode form, or dots
/// and spaces at the end of a name.
pub(crate) fn folded(path: &str, policy: NamePolicy) -> String {
    match policy {
        NamePolicy::Portable if path.is_ascii() => without_ends(path).to_ascii_lowercase(),
        NamePolicy::Portable => without_ends(path)
            .nfd()
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .nfd()
            .collect(),
        NamePolicy::Native => path.to_owned(),
    }
}

/// Removes what Windows drops at the end of each name.
fn without_ends(path: &str) -> Cow<'_, str> {
    if !path.contains(['.', ' ']) {
        return Cow::Borrowed(path);
    }
    let parts: Vec<&str> = path.split('/').map(|part| part.trim_end_matches(['.', ' '])).collect();
    Cow::Owned(parts.join("/"))
}

fn starts_with_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn is_device(part: &str) -> bool {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let stem = part.split('.').next().unwrap_or(part).trim_end();
    if DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        return true;
    }
    let Some((device, number)) = stem.split_at_checked(3) else { return false };
    let mut number = number.chars();
    let is_numbered = ["COM", "LPT"].iter().any(|name| device.eq_ignore_ascii_case(name));
    let digit = number.next().filter(|_| is_numbered && number.next().is_none());
    digit.is_some_and(|digit| matches!(digit, '1'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'))
}

/// Returns the name of the part file that becomes `name`; `other` makes it another one.
pub(crate) fn part_name(name: &OsStr, other: Option<u64>) -> OsString {
    let other = other.map(|number| format!("-{number:016x}")).unwrap_or_default();
    format!("{OURS}{}{other}{PART}", short_hash(name)).into()
}

/// Returns the name of the journal beside the part file that becomes `name`.
pub(crate) fn journal_name(name: &OsStr) -> OsString {
    format!("{OURS}{}{JOURNAL}", short_hash(name)).into()
}

/// A name may be as long as names can be, so that nothing can be added to it.
fn short_hash(name: &OsStr) -> String {
    let mut hash = Checksum::of(Algorithm::Sha256, name.as_bytes()).to_hex();
    hash.truncate(16);
    hash
}

/// Returns whether a part file could have that name, also where case does not tell names apart.
fn is_ours(part: &str) -> bool {
    let part = part.as_bytes();
    let starts = |with: &str| {
        part.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    let ends = |with: &str| {
        let end = part.len().checked_sub(with.len()).and_then(|start| part.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(with.as_bytes()))
    };
    starts(OURS) && (ends(PART) || ends(JOURNAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h1_paths_that_could_leave_their_directory_are_refused_under_every_policy() {
        let long = "x".repeat(256);
        for path in
            ["", "/etc/passwd", "..", "a/../b", "../a", "a/..", "./a", "a//b", "a/", "a\0b", &long]
        {
            assert!(refusal(path, NamePolicy::Portable).is_some(), "{path:?}");
            assert!(refusal(path, NamePolicy::Native).is_some(), "{path:?}");
        }
    }

    #[test]
    fn names_that_other_platforms_cannot_hold_are_refused_unless_asked_for() {
        for path in [
            "a\\b",
            "..\\a",
            "C:/a",
            "c:a",
            "nul",
            "a/COM1.csv",
            "aux .txt",
            "lpt\u{b9}",
            "conin$",
            "...",
            "a/. ./b",
        ] {
            assert!(refusal(path, NamePolicy::Portable).is_some(), "{path:?}");
            assert!(refusal(path, NamePolicy::Native).is_none(), "{path:?}");
        }
    }

    #[test]
    fn h1_no_object_takes_the_name_of_a_part_file() {
        let name = OsStr::new("data.csv");
        for ours in [part_name(name, None), part_name(name, Some(7)), journal_name(name)] {
            let ours = ours.into_string().unwrap();
            for path in [ours.clone(), format!("a/{ours}/b"), ours.to_uppercase()] {
                assert!(refusal(&path, NamePolicy::Native).is_some(), "{path:?}");
            }
        }
    }

    #[test]
    fn h15_awkward_but_harmless_names_are_accepted() {
        for path in [
            "a b",
            "a+b",
            "100%",
            "a&b",
            "a?b",
            "a#b",
            "..a",
            "a.",
            "com0",
            "lpt12",
            ".reenact",
            "a\nb",
            "2013-01-01T00:00:00",
            "console",
            "🛫",
        ] {
            assert_eq!(refusal(path, NamePolicy::Portable), None, "{path:?}");
        }
    }

    #[test]
    fn h6_case_and_unicode_form_do_not_tell_names_apart() {
        for (left, right) in [
            ("A.csv", "a.csv"),
            ("é", "e\u{301}"),
            ("É", "é"),
            ("straße", "STRASSE"),
            ("ς", "Σ"),
            ("a. /é.", "a/É"),
        ] {
            assert_eq!(
                folded(left, NamePolicy::Portable),
                folded(right, NamePolicy::Portable),
                "{left} {right}"
            );
            assert_ne!(folded(left, NamePolicy::Native), folded(right, NamePolicy::Native));
        }
    }
}

//! Which keys may become which relative paths.

use unicode_normalization::UnicodeNormalization;

/// The longest file name that common file systems take, in bytes.
const LONGEST_NAME: usize = 255;

/// What a [`Plan`](crate::Plan) demands of names beyond never leaving its directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NamePolicy {
    /// The tree can be kept on any platform: no backslashes, no drive letters, no names that Windows reserves for devices, and
    /// no two names that differ only by case or by Unicode normalisation. The default.
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
        _ if policy == NamePolicy::Portable && is_device(part) => {
            Some("Windows reserves that name for a device")
        }
        _ => None,
    })
}

/// Returns the form in which two paths are equal that meet on one file where the file system ignores case or Unicode form.
pub(crate) fn folded(path: &str, policy: NamePolicy) -> String {
    match policy {
        NamePolicy::Portable if path.is_ascii() => path.to_ascii_lowercase(),
        NamePolicy::Portable => {
            path.nfd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfd().collect()
        }
        NamePolicy::Native => path.to_owned(),
    }
}

fn starts_with_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_uppercase();
    match stem.as_bytes() {
        b"CON" | b"PRN" | b"AUX" | b"NUL" => true,
        [b'C', b'O', b'M', digit] | [b'L', b'P', b'T', digit] => matches!(digit, b'1'..=b'9'),
        _ => false,
    }
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
        for path in ["a\\b", "..\\a", "C:/a", "c:a", "nul", "a/COM1.csv", "aux .txt"] {
            assert!(refusal(path, NamePolicy::Portable).is_some(), "{path:?}");
            assert!(refusal(path, NamePolicy::Native).is_none(), "{path:?}");
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
            "...",
            "..a",
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
        for (left, right) in
            [("A.csv", "a.csv"), ("é", "e\u{301}"), ("É", "é"), ("straße", "STRASSE"), ("ς", "Σ")]
        {
            assert_eq!(
                folded(left, NamePolicy::Portable),
                folded(right, NamePolicy::Portable),
                "{left} {right}"
            );
            assert_ne!(folded(left, NamePolicy::Native), folded(right, NamePolicy::Native));
        }
    }
}

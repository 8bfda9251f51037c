//! Card numbers in a text: ISO/IEC 7812-1.

use std::ops::Range;

/// How many digits a number has.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// How many digits a group has, but for the last, where a number is written in groups.
const GROUP: std::ops::RangeInclusive<usize> = 4..=6;

/// Lists where card numbers stand in a run of digits that single spaces or dashes part into groups: the whole of it, or some groups, as
/// where other numbers stand beside them.
pub(super) fn within(run: &str) -> Vec<Range<usize>> {
    if is_number(run) {
        return std::iter::once(0..run.len()).collect();
    }
    let groups = groups(run);
    let (mut found, mut first) = (Vec::new(), 0);
    while first < groups.len() {
        let range = |last: &usize| groups[first].start..groups[*last].end;
        let mut wholes = (first..groups.len())
            .take_while(|last| *last == first || GROUP.contains(&groups[*last - 1].len()));
        match wholes.find(|last| is_number(&run[range(last)])) {
            Some(last) => {
                found.push(range(&last));
                first = last + 1;
            }
            None => first += 1,
        }
    }
    found
}

/// Lists the groups of digits.
fn groups(run: &str) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (place, letter) in run.char_indices().filter(|(_, letter)| letter.is_ascii_digit()) {
        match groups.last_mut().filter(|group| group.end == place) {
            Some(group) => group.end += letter.len_utf8(),
            None => groups.push(place..place + letter.len_utf8()),
        }
    }
    groups
}

/// Tells whether there are as many digits as a card number has, and its check digit is right: annex B.
fn is_number(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().rev().filter_map(|letter| letter.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    DIGITS.contains(&digits.len()) && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_among_others() {
        for (run, numbers) in [
            ("4111111111111111", vec!["4111111111111111"]),
            ("17 4111-1111-1111-1111 2026", vec!["4111-1111-1111-1111"]),
            (
                "4111 1111 1111 1111 5555 5555 5555 4444",
                vec!["4111 1111 1111 1111", "5555 5555 5555 4444"],
            ),
            ("2013 3782 822463 10005", vec!["3782 822463 10005"]),
            ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", vec!["4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"]),
            ("4111 1111 1111 1112", vec![]),
            ("2013 2 1 515 529 830 819 1400", vec![]),
        ] {
            let found: Vec<&str> = within(run).into_iter().map(|range| &run[range]).collect();
            assert_eq!(found, numbers, "{run}");
        }
    }
}

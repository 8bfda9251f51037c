//! The colours of the page, light and dark: whatever is text can be read, as WCAG 2.2 asks for (1.4.3, level AA).

use std::collections::BTreeMap;

const STYLE: &str = include_str!("../../../templates/report.css");

/// The least contrast of text.
const LEAST: f64 = 4.5;

/// What is written in which colour on which ground.
const TEXT: [(&str, &[&str]); 8] = [
    ("ink", &["paper", "soft", "mark"]),
    ("dim", &["paper", "soft"]),
    ("here", &["paper"]),
    ("there", &["paper"]),
    ("pass", &["paper", "soft", "pass-soft"]),
    ("fail", &["paper", "soft", "fail-soft"]),
    ("open", &["paper", "soft", "open-soft"]),
    ("paper", &["pass", "fail", "open"]),
];

/// Reads the colours of the light page, and those of the dark one.
fn schemes() -> Vec<BTreeMap<&'static str, [f64; 3]>> {
    let blocks = STYLE.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap());
    let colours = |block: &'static str| {
        let declared = block.split(';').filter_map(|line| line.trim().split_once(": #"));
        let read = |(name, digits): (&'static str, &str)| {
            let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
            (name.trim_start_matches("--"), [0, 2, 4].map(|at| f64::from(part(at)) / 255.0))
        };
        declared.map(read).collect()
    };
    blocks.map(colours).collect()
}

/// Returns the relative luminance of a colour.
fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |part: f64| {
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn contrasts_are_those_of_the_standard() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
    let grey = 119.0 / 255.0;
    assert!((contrast([grey; 3], [1.0; 3]) - 4.48).abs() < 0.01, "#777 on white, just too little");
}

#[test]
fn all_text_can_be_read_in_light_and_dark() {
    let schemes = schemes();
    assert_eq!(schemes.len(), 2);
    for scheme in schemes {
        for (ink, grounds) in TEXT {
            for ground in grounds {
                let contrast = contrast(scheme[ink], scheme[ground]);
                assert!(contrast >= LEAST, "{ink} on {ground}: {contrast:.2}");
            }
        }
    }
}

//! The distribution functions.

use super::cases::{Check, GOLD, SCIPY, cases, number};
use crate::stats::Probability;
use crate::stats::law::{
    chi_square_sf, kolmogorov_sf, kolmogorov_smirnov_sf, normal_quantile, normal_sf,
    student_t_quantile, student_t_sf,
};

#[test]
fn distribution_functions() {
    let mut check = Check::default();
    for case in cases("dist_fn") {
        let name = case["inputs"]["fn"].as_str().unwrap();
        let args: Vec<f64> = case["inputs"]["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arg| arg.as_f64().unwrap())
            .collect();
        let tail = match name {
            "t_sf" => student_t_sf(args[0], args[1]),
            "norm_sf" => normal_sf(args[0]),
            "chi2_sf" => chi_square_sf(args[0], args[1]),
            "kstwo_sf" => kolmogorov_smirnov_sf(args[0], args[1] as u64),
            "kolmogorov_sf" => kolmogorov_sf(args[0]),
            _ => None,
        };
        let found = match name {
            "t_ppf" => student_t_quantile(args[0], args[1]),
            "norm_ppf" => normal_quantile(args[0]),
            _ => tail.map(Probability::value),
        };
        let found = found.unwrap_or_else(|| panic!("{name}{args:?} has no answer"));
        let mut gold = number(&case["expected"]["mpmath"]);
        if case["id"] == "dist_fn-0704" {
            // scipy has 6.285e-321; Smirnov's sum in 40 decimal digits gives 6.67864e-321.
            gold = Some(6.67864e-321);
        }
        let (expected, tolerance) = match gold {
            Some(gold) => (gold, GOLD),
            None => (number(&case["expected"]["scipy"]).unwrap(), SCIPY),
        };
        let what = format!("{name}{args:?}");
        if expected.abs() < f64::MIN_POSITIVE {
            // Below the normal doubles only a few bits are left to compare.
            check.near(&what, &case, found, expected, 2e-323);
        } else {
            check.close(&what, &case, found, expected, tolerance);
        }
    }
    check.finish(210);
}

#[test]
fn arguments_out_of_the_domain_have_no_answer() {
    assert_eq!(student_t_sf(1.0, 0.0), None);
    assert_eq!(student_t_sf(f64::NAN, 3.0), None);
    assert_eq!(student_t_quantile(1.0, 3.0), None);
    assert_eq!(chi_square_sf(f64::NAN, 3.0), None);
    assert_eq!(chi_square_sf(1.0, f64::INFINITY), None);
    assert_eq!(normal_quantile(0.0), None);
    assert_eq!(kolmogorov_smirnov_sf(0.1, 0), None);
    let certain = [
        student_t_sf(f64::NEG_INFINITY, 3.0),
        chi_square_sf(-1.0, 3.0),
        kolmogorov_sf(-1.0),
        normal_sf(f64::NEG_INFINITY),
    ];
    assert!(certain.iter().all(|p| p.is_some_and(|p| p.value() == 1.0)), "{certain:?}");
    let impossible = [
        student_t_sf(f64::INFINITY, 3.0),
        chi_square_sf(f64::INFINITY, 3.0),
        kolmogorov_sf(f64::INFINITY),
        normal_sf(f64::INFINITY),
    ];
    assert!(impossible.iter().all(|p| p.is_some_and(|p| p.value() == 0.0)), "{impossible:?}");
}

//! Rules that are queries; without the feature `sql` they are refused by name.

#[cfg(not(feature = "sql"))]
#[test]
fn a_query_is_refused_where_nothing_answers_it() {
    let text = "[[constraints]]\ntype = 'sql'\nquery = 'SELECT * FROM candidate'\n";
    let error = reenact_validator::Rules::from_toml(text).unwrap_err();
    assert!(error.to_string().contains("build it with the feature `sql`"), "{error}");
    assert_eq!(error.line(), Some(1));
}

#[cfg(feature = "sql")]
mod queries {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};
    use reenact_validator::{
        Check, Constraint, ErrorKind, Finding, Judgement, Profile, ProfileOptions, Rules,
        Validator, Verdict,
    };

    use crate::files::{Sides, write, write_parquet};

    fn sides() -> Sides {
        let sides = Sides::new();
        write(&sides.candidate("sales.csv"), "id,shop,Amount\n1,a,10\n2,b,25\n3,c,\n4,a,7\n");
        write(&sides.reference("sales.csv"), "id,shop,Amount\n1,a,10\n2,b,20\n3,c,\n5,b,1\n");
        sides
    }

    fn rules(query: &str) -> Rules {
        Rules::new().with_constraint(Constraint::sql(query).in_table("sales.csv").named("q"))
    }

    fn judge(sides: &Sides, query: &str) -> Judgement {
        Validator::new(rules(query)).compare(&sides.candidate(""), &sides.reference("")).unwrap()
    }

    fn answer(sides: &Sides, query: &str) -> Finding {
        let judgement = judge(sides, query);
        let mut findings =
            judgement.all_findings().filter(|finding| finding.check == Check::Constraint);
        findings.next().unwrap().clone()
    }

    #[test]
    fn each_row_that_a_query_returns_breaks_the_rule() {
        let sides = sides();
        let raised = r#"SELECT c.id, r."Amount" AS before, c."Amount" AS after FROM candidate c
            JOIN reference r ON c.id = r.id WHERE c."Amount" > r."Amount""#;
        let finding = answer(&sides, raised);
        assert_eq!(finding.verdict, Verdict::Fail);
        assert_eq!(finding.message, "q: 1 of 4 rows break the rule (25 %)");
        let rows = finding.rows.unwrap();
        let cells =
            rows.examples[0].cells.iter().map(|cell| (cell.column.as_str(), cell.value.as_deref()));
        let cells: Vec<_> = cells.collect();
        assert_eq!(cells, [("id", Some("2")), ("before", Some("20")), ("after", Some("25"))]);

        let lowered = raised.replace('>', "<");
        assert_eq!(answer(&sides, &lowered).message, "q: none of 4 rows break the rule");
    }

    #[test]
    fn totals_shares_and_windows_can_be_asked_for() {
        let sides = sides();
        for (query, verdict) in [
            (
                r#"SELECT 1 FROM (SELECT count(*) AS n FROM candidate) c, (SELECT count(*) AS n FROM reference) r WHERE c.n <> r.n"#,
                Verdict::Pass,
            ),
            (
                r#"SELECT shop, sum("Amount") AS total FROM candidate GROUP BY shop HAVING sum("Amount") > 20"#,
                Verdict::Fail,
            ),
            (
                r#"SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY shop ORDER BY id) AS place FROM candidate) WHERE place > 2"#,
                Verdict::Pass,
            ),
            (
                r#"WITH missing AS (SELECT id FROM reference EXCEPT SELECT id FROM candidate) SELECT * FROM missing"#,
                Verdict::Fail,
            ),
            (
                r#"SELECT lower(shop) FROM candidate WHERE shop NOT LIKE '_' OR round(abs(id) / 2.0) < 0 OR shop ~ '[A-Z]'"#,
                Verdict::Pass,
            ),
        ] {
            let finding = answer(&sides, query);
            assert_eq!(finding.verdict, verdict, "{query}: {}", finding.message);
        }
    }

    #[test]
    fn a_share_of_rows_may_break_it() {
        let query = "SELECT id FROM candidate WHERE \"Amount\" IS NULL";
        let constraint = Constraint::sql(query).with_max_failing(0.3).in_table("sales.csv");
        let judgement = sides().compare(Rules::new().with_constraint(constraint));
        let finding = judgement.all_findings().find(|finding| finding.check == Check::Constraint);
        assert_eq!(finding.unwrap().verdict, Verdict::Pass);
    }

    #[test]
    fn other_tables_are_queried_by_their_names() {
        let sides = sides();
        write(&sides.candidate("shops.csv"), "code\na\nb\n");
        write(&sides.reference("shops.csv"), "code\na\nb\n");
        let unknown =
            r#"SELECT shop FROM candidate WHERE shop NOT IN (SELECT code FROM "shops.csv")"#;
        assert_eq!(answer(&sides, unknown).message, "q: 1 of 4 rows break the rule (25 %)");

        let elsewhere = Sides::new();
        let known: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        write_parquet(&elsewhere.candidate("t.parquet"), &[("id", known)]);
        let unknown =
            "SELECT id FROM candidate ANTI JOIN prices USING (id)".replace("ANTI", "LEFT ANTI");
        let judgement = Validator::new(rules(&unknown))
            .with_table("prices", elsewhere.candidate("t.parquet"))
            .compare(&sides.candidate(""), &sides.reference(""))
            .unwrap();
        let finding = judgement.all_findings().find(|finding| finding.rule.as_deref() == Some("q"));
        assert_eq!(finding.unwrap().rows.as_ref().unwrap().failing, 1);
    }

    #[test]
    fn a_query_that_cannot_be_answered_says_why_and_quotes_no_value() {
        let sides = sides();
        for (query, why) in [
            (
                "SELECT * FROM candidates",
                "there is no table `candidates`, did you mean `candidate`?",
            ),
            ("SELECT nope FROM candidate", "No field named nope"),
            ("SELECT nope(id) FROM candidate", "Invalid function 'nope'"),
            ("SELECT CAST(shop AS INT) FROM candidate", "a value that it can't work with"),
        ] {
            let finding = answer(&sides, query);
            assert_eq!(finding.verdict, Verdict::Inconclusive, "{query}");
            assert!(finding.message.contains(why), "{query}: {}", finding.message);
        }
        for (query, why) in [
            ("SELECT", "`query`: "),
            ("", "one `SELECT`"),
            ("DROP TABLE candidate", "one `SELECT`"),
            ("COPY candidate TO 'copy.csv'", "one `SELECT`"),
            ("SELECT 1; SELECT 2", "one `SELECT`"),
        ] {
            let text = format!("[[constraints]]\ntype = 'sql'\nquery = \"\"\"{query}\"\"\"\n");
            let error = Rules::from_toml(&text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRules);
            assert!(error.to_string().contains(why), "{query}: {error}");
        }
    }

    #[test]
    fn an_empty_candidate_is_no_pass() {
        let sides = sides();
        write(&sides.candidate("sales.csv"), "id,shop,Amount\n");
        let none = answer(&sides, "SELECT id FROM candidate WHERE id < 0");
        assert_eq!(none.verdict, Verdict::Inconclusive);
        let lost = answer(&sides, "SELECT id FROM reference EXCEPT SELECT id FROM candidate");
        assert_eq!(lost.message, "q: 4 of 4 rows break the rule (100 %)");
    }

    #[test]
    fn a_broken_file_is_the_error_that_it_always_is() {
        let sides = sides();
        write(&sides.candidate("more.jsonl"), "{\"a\": 1}\n{\"a\":");
        let error = Validator::new(rules(r#"SELECT a FROM "more.jsonl""#))
            .compare(&sides.candidate(""), &sides.reference(""))
            .unwrap_err();
        assert_eq!((error.kind(), error.line()), (ErrorKind::Malformed, Some(2)));
    }

    #[test]
    fn a_profile_has_no_rows_to_query() {
        let sides = sides();
        let profile = Profile::of(&sides.reference(""), &ProfileOptions::new()).unwrap();
        let validator = Validator::new(rules("SELECT r.id FROM reference r"));
        let judgement = validator.compare_with_profile(&sides.candidate(""), &profile).unwrap();
        let finding = judgement.all_findings().find(|finding| finding.check == Check::Constraint);
        assert!(finding.unwrap().message.contains("a profile has no rows"));
    }

    #[test]
    fn memory_beyond_the_budget_is_an_answer_too() {
        let sides = Sides::new();
        let rows: String =
            (0..200_000).map(|id| format!("{id},{}\n", id * 7919 % 200_003)).collect();
        for path in [sides.candidate("sales.csv"), sides.reference("sales.csv")] {
            write(&path, format!("id,other\n{rows}"));
        }
        let query =
            "SELECT c.id FROM candidate c JOIN reference r ON c.other = r.other AND c.id <> r.id";
        let judgement = Validator::new(rules(query))
            .with_memory_budget(1 << 20)
            .compare(&sides.candidate(""), &sides.reference(""))
            .unwrap();
        let finding = judgement.all_findings().find(|finding| finding.check == Check::Constraint);
        let finding = finding.unwrap();
        assert!(finding.message.contains("more than the memory budget"), "{}", finding.message);
        assert_eq!(
            judge(&sides, query)
                .all_findings()
                .filter(|f| f.check == Check::Constraint && f.verdict == Verdict::Pass)
                .count(),
            1
        );
    }
}

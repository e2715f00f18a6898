//! The pages of the codes: each shows an example that the resolver refuses or warns about.

use thrice_diagnostics::{all_codes, explain};

use crate::support::{messages, resolved};

#[test]
fn the_example_of_every_page_triggers_its_code() {
    let mut seen = 0;
    for code in all_codes().filter(|code| ("T0200".."T0600").contains(&code.0)) {
        let page = explain(code).unwrap();
        assert!(
            page.starts_with(&format!("# {code}: ")),
            "{code} has no title"
        );
        assert!(
            page.contains("What it means") && page.contains("What to do"),
            "{code}"
        );
        let example = page
            .split("```thrice\n")
            .nth(1)
            .unwrap()
            .split("```")
            .next()
            .unwrap();
        let (sources, _, found) = resolved(example);
        let shown = messages(&sources, &found);
        assert!(
            found.iter().any(|d| d.code == code),
            "{code}\n{example}\n{shown}"
        );
        seen += 1;
    }
    assert!(seen >= 26, "only {seen} pages");
}

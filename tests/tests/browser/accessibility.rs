//! The violations that axe-core finds.

use serde_json::json;

use crate::page::Page;
use crate::setting;

/// The rules that apply, by their tags.
const TAGS: [&str; 6] = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
];

const RUN: &str = "
    const [tags, except] = arguments;
    return axe.run({include: ['html'], exclude: except}, {
      runOnly: {type: 'tag', values: tags},
      // Off by default, whatever the tags say.
      rules: {'target-size': {enabled: true}},
    }).then(({violations, passes}) => [
      violations.flatMap(({id, nodes}) => nodes.map(node =>
        `${id}: ${node.target.join(' ')}: ${node.failureSummary}`)),
      passes.length,
    ]);
";

impl Page {
    /// Fails on any violation, except in the elements of these selectors.
    pub(crate) async fn assert_accessible_except(&self, except: &[&str]) {
        let source = std::fs::read_to_string(setting("BROWSER_TESTS_AXE")).unwrap();
        self.run::<()>(&source).await;
        let arguments = vec![json!(TAGS), json!(except)];
        let (violations, passes): (Vec<String>, usize) = self.run_with(RUN, arguments).await;
        assert!(violations.is_empty(), "\n{}", violations.join("\n"));
        assert!(passes > 0, "axe-core has checked nothing");
    }

    /// The page is not wider than its window, and axe-core finds no violation.
    pub(crate) async fn assert_fits_and_accessible(&self) {
        self.assert_fits().await;
        self.assert_accessible_except(&[]).await;
    }
}

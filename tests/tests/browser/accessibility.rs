//! What axe-core finds.

use serde_json::json;

use crate::given;
use crate::page::Page;

/// The rules that pages keep to, by their tags.
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

impl Page<'_> {
    /// Fails on any violation, but in what the selectors name: parts of others.
    pub(crate) async fn assert_accessible(&self, except: &[&str]) {
        let source = std::fs::read_to_string(given("BROWSER_TESTS_AXE")).unwrap();
        self.run::<()>(&source).await;
        let arguments = vec![json!(TAGS), json!(except)];
        let (violations, passes): (Vec<String>, usize) = self.run_with(RUN, arguments).await;
        assert!(violations.is_empty(), "\n{}", violations.join("\n"));
        assert!(passes > 0, "axe-core has looked at nothing");
    }
}

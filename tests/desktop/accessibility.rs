//! axe-core in the page: what keeps people from using a screen.

use crate::page::Page;

impl Page {
    /// Runs all rules of axe on what is on the screen now.
    pub async fn has_no_barriers(&self, screen: &str) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("{path}: {error}; please run npm --prefix ui ci"));
        self.client.execute(&axe, vec![]).await.unwrap();
        // In the middle of a change of colours nobody reads, and nothing there is the design's.
        let run = "const done = arguments[0];
            for (const animation of document.getAnimations())
                if (animation instanceof CSSTransition) animation.finish();
            axe.run(document, { resultTypes: ['violations'] }).then(
                (result) => done(result.violations.map(({ id, nodes }) =>
                    [id, ...nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary)])),
                (error) => done([String(error)]));";
        let violations = self.client.execute_async(run, vec![]).await.unwrap();
        let none = violations.as_array().is_some_and(Vec::is_empty);
        assert!(none, "axe on {screen}: {violations:#}");
    }
}

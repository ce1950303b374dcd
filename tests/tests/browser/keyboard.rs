//! Keys and focus.

use thirtyfour::Key;

use crate::page::Page;

impl Page {
    pub(crate) async fn press(&self, key: Key) {
        let keys = self.web.action_chain().send_keys(key);
        keys.perform().await.unwrap();
    }

    /// Presses Tab until this element has the focus.
    pub(crate) async fn tab_to(&self, selector: &str) {
        // More than there are links and buttons on any page.
        for _ in 0..50 {
            self.press(Key::Tab).await;
            if self.is_focused(selector).await {
                return;
            }
        }
        panic!("Tab does not reach {selector}");
    }

    /// Presses Tab until this element has the focus, which has to be visible.
    pub(crate) async fn tab_visibly_to(&self, selector: &str) {
        self.tab_to(selector).await;
        self.assert_focus_is_visible().await;
    }

    /// Tab, then Enter, skip the start of the page; the next Tab reaches `first`.
    pub(crate) async fn skip_to(&self, first: &str) {
        self.press(Key::Tab).await;
        assert!(self.is_focused(".skip").await, "no link to skip");
        self.assert_focus_is_visible().await;
        self.press(Key::Enter).await;
        self.wait("location.hash == '#main'").await;
        self.press(Key::Tab).await;
        let focused: String = self.run("return document.activeElement.outerHTML").await;
        assert!(
            self.is_focused(first).await,
            "{first} is not focused, but {focused}"
        );
    }

    pub(crate) async fn is_focused(&self, selector: &str) -> bool {
        let script = "return document.activeElement.matches(arguments[0])";
        self.run_with(script, vec![selector.into()]).await
    }

    /// The focused element is in view and has an outline.
    pub(crate) async fn assert_focus_is_visible(&self) {
        let script = "const element = document.activeElement;
            const {left, right, top, bottom} = element.getBoundingClientRect();
            const {outlineStyle, outlineWidth, outlineOffset} = getComputedStyle(element);
            const width = outlineStyle == 'none' ? 0 : parseFloat(outlineWidth);
            const around = width + parseFloat(outlineOffset);
            const inside = left >= around && right <= innerWidth - around
                && top >= around && bottom <= innerHeight - around;
            return inside && width >= 2 ? null
                : `${element.outerHTML}: ${width} around x ${left}..${right}, y ${top}..${bottom}`";
        let problem: Option<String> = self.run(script).await;
        assert_eq!(problem, None, "the focus is not visible");
    }
}

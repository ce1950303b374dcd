//! Keys, and where they go.

use thirtyfour::Key;

use crate::page::Page;

impl Page<'_> {
    pub(crate) async fn press(&self, key: Key) {
        let keys = self.web.action_chain().send_keys(key);
        keys.perform().await.unwrap();
    }

    /// Presses Tab until the element is reached that is selected.
    pub(crate) async fn tab_to(&self, selector: &str) {
        // More than there are links and buttons on any page.
        for _ in 0..50 {
            self.press(Key::Tab).await;
            if self.is_focused(selector).await {
                return;
            }
        }
        panic!("Tab never reaches {selector}");
    }

    pub(crate) async fn is_focused(&self, selector: &str) -> bool {
        let script = "return document.activeElement.matches(arguments[0])";
        self.run_with(script, vec![selector.into()]).await
    }

    /// What is focused is in view, and marked.
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
        let fault: Option<String> = self.run(script).await;
        assert_eq!(fault, None, "the focus is not visible");
    }
}

//! The page in the window, as a person uses it: find, click, type, read, look.
//!
//! Owns how elements are found (by their `data-testid`) and that each step waits for what it needs.

use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::desk::{Desk, KRONOS, screenshots};
use crate::wait::{PATIENCE, until, until_true};

/// A connected window.
pub struct Page {
    pub client: Client,
}

impl Page {
    /// Starts Kronos on a configuration file and waits until its page is ready.
    pub async fn open(desk: &mut Desk, config: &std::path::Path) -> Self {
        let page = Self::connect(desk, &["--config", config.to_str().unwrap()]).await;
        page.ready().await;
        page
    }

    /// Starts Kronos with these arguments.
    pub async fn connect(desk: &mut Desk, arguments: &[&str]) -> Self {
        let address = desk.driver();
        let mut capabilities = Capabilities::new();
        let options = json!({ "binary": KRONOS, "args": arguments });
        capabilities.insert("webkitgtk:browserOptions".into(), options);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let connecting = builder.capabilities(capabilities).connect(&address);
        let client = tokio::time::timeout(PATIENCE, connecting).await;
        let client =
            client.expect("Kronos opens its window in time").expect("it accepts WebDriver");
        Self { client }
    }

    /// Waits until the page has drawn the first picture, and listens to violations of its policy.
    pub async fn ready(&self) {
        let ready = Locator::Css("html[data-ready='1']");
        until("page", async || self.client.find(ready).await.ok()).await;
        let listen = "window.violations = [];
            document.addEventListener('securitypolicyviolation',
                (event) => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));";
        self.script(listen).await;
    }

    /// The element with this test id, once it is there.
    pub async fn find(&self, id: &str) -> Element {
        let selector = selector(id);
        until(id, async || self.client.find(Locator::Css(&selector)).await.ok()).await
    }

    /// Whether there is such an element now.
    pub async fn has(&self, id: &str) -> bool {
        self.client.find(Locator::Css(&selector(id))).await.is_ok()
    }

    /// Waits until there is no such element any more.
    pub async fn gone(&self, id: &str) {
        until_true(&format!("end of {id}"), async || !self.has(id).await).await;
    }

    /// Clicks once the element can be clicked and stands still: a click on what moves is lost, or is
    /// somebody else's.
    pub async fn click(&self, id: &str) {
        self.click_first(&selector(id)).await;
    }

    /// Clicks the first element that this CSS selector finds, for those without a test id.
    pub async fn click_first(&self, selector: &str) {
        until_true(&format!("click on {selector}"), async || {
            if !self.rests(selector).await {
                return false;
            }
            let found = self.client.find(Locator::Css(selector)).await;
            match found {
                Ok(element) => {
                    element.is_enabled().await.unwrap_or(false) && element.click().await.is_ok()
                }
                Err(_) => false,
            }
        })
        .await;
    }

    /// Brings the element to the middle, where nothing lies over it, and says whether it is in the same
    /// place three frames on.
    async fn rests(&self, selector: &str) -> bool {
        let look = "const [selector, done] = arguments;
            const element = document.querySelector(selector);
            if (element === null) return done(false);
            element.scrollIntoView({ block: 'center', behavior: 'instant' });
            const place = () => { const { x, y, width, height } = element.getBoundingClientRect(); return [x, y, width, height].join(); };
            const before = place();
            const next = (frames) => frames === 0
                ? done(element.isConnected && place() === before)
                : requestAnimationFrame(() => next(frames - 1));
            next(3);";
        let rests = self.client.execute_async(look, vec![json!(selector)]).await;
        rests.is_ok_and(|rests| rests == json!(true))
    }

    /// Replaces what stands in a field.
    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.find(id).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses in a list, by the value of the option, once it is there.
    pub async fn choose(&self, id: &str, value: &str) {
        // WebDriver scrolls no further than to the edge, where the foot of a dialog may cover it.
        self.find(id).await;
        let centre = "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })";
        self.client.execute(centre, vec![json!(selector(id))]).await.unwrap();
        until_true(&format!("{value} in {id}"), async || {
            let list = self.client.find(Locator::Css(&selector(id))).await;
            match list {
                Ok(list) => list.select_by_value(value).await.is_ok(),
                Err(_) => false,
            }
        })
        .await;
    }

    /// What stands in a field.
    pub async fn value(&self, id: &str) -> String {
        self.find(id).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Ticks a box, or one choice of several, once it is there.
    pub async fn tick(&self, id: &str) {
        until_true(&format!("tick in {id}"), async || {
            if !self.is_checked(id).await {
                self.click(id).await;
            }
            self.is_checked(id).await
        })
        .await;
    }

    /// Whether a box is ticked.
    pub async fn is_checked(&self, id: &str) -> bool {
        self.find(id).await.prop("checked").await.unwrap().as_deref() == Some("true")
    }

    /// What the element says, once it satisfies `right`.
    pub async fn says(&self, id: &str, right: impl Fn(&str) -> bool) -> String {
        let selector = selector(id);
        let mut last = String::new();
        let look = async || {
            let element = self.client.find(Locator::Css(&selector)).await.ok()?;
            last = element.text().await.ok()?;
            right(&last).then(|| last.clone())
        };
        until(&format!("right text in {id}"), look).await
    }

    /// Waits for a toast that says this. By a script: WebDriver leaves out what may be cut to two lines.
    pub async fn toast(&self, part: &str) {
        let text = "return document.querySelector('[data-testid=toasts]').textContent";
        let says = async || self.script(text).await.as_str().is_some_and(|all| all.contains(part));
        until_true(&format!("toast with `{part}`"), says).await;
    }

    /// Goes to a page by the sidebar.
    pub async fn go(&self, page: &str) {
        self.click(&format!("nav-{page}")).await;
        let current = format!("[data-testid='nav-{page}'][aria-current='page']");
        until(page, async || self.client.find(Locator::Css(&current)).await.ok()).await;
    }

    /// Runs a script and returns its value.
    pub async fn script(&self, text: &str) -> Value {
        self.client.execute(text, vec![]).await.unwrap()
    }

    /// Calls a command as the page would, or as a stranger in the page would.
    pub async fn invoke(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        let script = "const [command, given, done] = arguments;
            window.__TAURI_INTERNALS__.invoke(command, given)
                .then((value) => done({ ok: value ?? null }), (error) => done({ refused: error ?? null }));";
        let answer = self.client.execute_async(script, vec![json!(command), arguments]).await;
        let mut answer = answer.unwrap();
        match answer.get_mut("ok") {
            Some(value) => Ok(value.take()),
            None => Err(answer["refused"].take()),
        }
    }

    /// How far the bar of a run is, in percent; `None` without one.
    pub async fn percent(&self, profile: &str) -> Option<u64> {
        let bar = format!("{} [role='progressbar']", selector(&format!("run-card-{profile}")));
        let bar = self.client.find(Locator::Css(&bar)).await.ok()?;
        bar.attr("aria-valuenow").await.ok()??.parse().ok()
    }

    /// Makes the window this large.
    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.unwrap();
        let inner = format!("return innerWidth === {width} && innerHeight === {height}");
        until_true(&format!("window of {width}×{height}"), async || {
            self.client.execute(&inner, vec![]).await.is_ok_and(|value| value == json!(true))
        })
        .await;
    }

    /// Saves a picture of the page.
    pub async fn picture(&self, name: &str) {
        // Without two frames in between WebKit returns an old picture.
        let frames = "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0](1)))";
        let frames = format!(
            "const arguments_ = arguments; {}",
            frames.replace("arguments[0]", "arguments_[0]")
        );
        self.client.execute_async(&frames, vec![]).await.unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(screenshots().join(format!("{name}.png")), picture).unwrap();
    }

    /// What the page's content policy has forbidden since it was ready.
    pub async fn policy_violations(&self) -> Value {
        self.script("return window.violations").await
    }
}

fn selector(id: &str) -> String {
    let quoted = id.replace('\\', "\\\\").replace('"', "\\\"");
    format!("[data-testid=\"{quoted}\"]")
}

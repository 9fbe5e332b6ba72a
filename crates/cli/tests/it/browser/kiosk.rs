//! The patients' kiosk in a real browser, with virtual cards on real pcscd. Here is what its walks share: placing and taking cards,
//! waiting for screens, looking at the center's records.

mod every_screen;
mod failures;
mod own;
mod patient;
mod pharmacist;
mod process;
mod removal;
mod rotation;
mod staff;
mod unplugged;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use fantoccini::Locator;
use serde_json::Value;

use super::{CLINIC, Walk};
use crate::running::in_time;

/// The other kiosk of the demo, as it stands in demo.json.
const PHARMACY: usize = 2;

impl Walk {
    /// Opens a facility's kiosk with a fresh launch address and waits for its first screen.
    async fn open_kiosk(&self, facility: usize) {
        let launch = self.demo["facilities"][facility]["kiosk_launch"].as_str();
        self.browser.goto(launch.unwrap()).await.unwrap();
        self.screen("welcome").await;
    }

    /// Gives an order to the reader of a facility.
    fn order(&self, facility: usize, line: &str) -> Value {
        let kind = self.demo["facilities"][facility]["kind"].as_str().unwrap();
        let control = format!("demo/readers/onshi {}.control", kind.replace('_', "-"));
        self.tell(&self.dir.path().join(control), line)
    }

    /// Gives an order to a control socket of the readers.
    fn tell(&self, control: &std::path::Path, line: &str) -> Value {
        let mut stream = UnixStream::connect(control).unwrap();
        writeln!(stream, "{line}").unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer.get("error"), None, "{line}: {answer}");
        answer
    }

    /// Lays a card of the tray on a reader.
    fn place_at(&self, facility: usize, case: &str) {
        let persona = format!("demo/cards/{case}.toml");
        let persona = self.dir.path().join(persona);
        self.order(facility, &format!("place {}", persona.display()));
    }

    fn place(&self, case: &str) {
        self.place_at(CLINIC, case);
    }

    fn take(&self) {
        self.take_at(CLINIC);
    }

    fn take_at(&self, facility: usize) {
        self.order(facility, "remove");
    }

    /// What the screen says of itself. Read by script: a screen may be another one from one moment to the next.
    async fn shown(&self, name: &str) -> String {
        let read = format!("return document.querySelector('main')?.dataset.{name} ?? ''");
        self.script(&read).await.as_str().unwrap().to_owned()
    }

    /// Waits for an element.
    async fn wait_for(&self, css: &str) {
        let found = self.wait().for_element(Locator::Css(css)).await;
        if let Err(error) = found {
            let shown = self.shown("screen").await;
            panic!("waited for {css}, {shown} is shown: {error}");
        }
    }

    /// Waits for a screen.
    async fn screen(&self, name: &str) {
        self.wait_for(&format!("main[data-screen={name}]")).await;
    }

    /// Waits until the machine is through with what it does; returns the screen.
    async fn settled(&self) -> String {
        let settled = async {
            loop {
                self.wait_for("main:not([data-weight=busy])").await;
                let read = "const {weight, screen} = document.querySelector('main').dataset; return [weight, screen]";
                let shown = self.script(read).await;
                if shown[0] != "busy" {
                    return shown[1].as_str().unwrap().to_owned();
                }
            }
        };
        in_time("a screen that stays", settled).await
    }

    /// Touches something on the screen, which may be drawn anew in this moment.
    async fn touch(&self, css: &str) {
        let touched = async {
            loop {
                let found = self.browser.find(Locator::Css(css)).await.expect(css);
                match found.click().await {
                    Ok(()) => return,
                    Err(error) if error.is_stale_element_reference() => {}
                    Err(error) => panic!("{css}: {error}"),
                }
            }
        };
        in_time(css, touched).await;
    }

    /// Touches a button of the screen by what it means, and waits for the next screen.
    async fn choose(&self, press: &str) {
        let turn = self.shown("turn").await;
        self.touch(&format!("main [name=press][value={press}]"))
            .await;
        self.wait_for(&format!("main:not([data-turn='{turn}'])"))
            .await;
    }

    /// Touches the digits of a PIN, then the button that confirms.
    async fn type_pin(&self, pin: &str) {
        self.wait_for("main[data-screen=pin], main[data-screen=own-pin]")
            .await;
        for (typed, digit) in pin.chars().enumerate() {
            self.touch(&format!("[data-key='{digit}']")).await;
            // As a person sees the dots.
            let dots = "return document.querySelector('#pin')?.value.length ?? 0";
            assert_eq!(self.script(dots).await, typed + 1, "a digit was lost");
        }
        self.touch(".kiosk-pin [data-tone=primary]").await;
    }

    /// Agrees to whatever is asked until it is done; returns what was asked.
    async fn agree_to_all(&self) -> Vec<String> {
        let mut asked = Vec::new();
        loop {
            let shown = self.settled().await;
            let answer = match shown.as_str() {
                "done" => return asked,
                "consents" => "all",
                "prescription-issue" | "prescription-submit" => "paper",
                "specified-disease"
                | "medical-subsidy"
                | "surgery"
                | "treatment-and-drugs"
                | "drugs"
                | "checkups" => "yes",
                // Typed, and not yet on its way.
                "pin" => {
                    self.wait_for("main:not([data-screen=pin])").await;
                    continue;
                }
                other => panic!("{other} is no question"),
            };
            self.choose(answer).await;
            asked.push(shown);
        }
    }

    /// Lays a card, chooses the PIN and types it.
    async fn identify(&self, case: &str) {
        self.place(case);
        self.screen("method").await;
        self.choose("pin").await;
        self.type_pin("1234").await;
    }

    /// Tries left on the card that lies there or lay there last.
    fn tries(&self) -> Value {
        self.order(CLINIC, "state")["tries"].clone()
    }
}

impl Walk {
    /// Asks the center; a problem comes back as `null`.
    async fn center(&self, method: &str, path: &str, token: &str, body: Value) -> Value {
        let method = http::Method::from_bytes(method.as_bytes()).unwrap();
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let asked = self
            .client()
            .call(method, path, Some(token), None, body)
            .await;
        asked.map_or(Value::Null, |bytes| {
            serde_json::from_slice(&bytes).unwrap_or_default()
        })
    }
}

//! A browser without JavaScript, over a running terminal: plain HTTP, cookies, redirects, forms.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use crate::running::{Clinic, PATIENCE, Part, first_line, succeed};
use crate::turned_clock::command;

/// A running terminal.
pub(crate) struct Terminal {
    _part: Part,
    /// Host name and port, as its pages want to be called.
    pub(crate) host: String,
}

/// A browser: keeps cookies and follows redirects.
pub(crate) struct Browser<'a> {
    terminal: &'a Terminal,
    cookies: BTreeMap<String, String>,
}

/// An answer.
pub(crate) struct Page {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Terminal {
    /// Seals the clinic's certificate under both names and starts the pages; the first name is the preferred one.
    pub(crate) fn start(clinic: &Clinic, names: [&str; 2]) -> Self {
        let data_dir = clinic.path("terminal");
        for name in names {
            succeed(&[
                "certificate",
                "import",
                "--data-dir",
                &data_dir,
                "--name",
                name,
                "--p12",
                &clinic.path("clinic.p12"),
                "--p12-password-file",
                &clinic.path("p12.pw"),
            ]);
        }
        let text = format!(
            "data_dir = \"{data_dir}\"\ncenter = \"{}\"\nenroll = \"{}\"\nca = \"{}\"\nlisten = \"127.0.0.1:0\"\n[identity]\nname = \"{}\"\n",
            clinic.api,
            clinic.enroll,
            clinic.path("center/root.pem"),
            names[0]
        );
        std::fs::write(clinic.path("terminal.toml"), text).unwrap();
        let mut child = command()
            .args(["terminal", "--config", &clinic.path("terminal.toml")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let part = Part::of(child);
        let line = first_line(out);
        let host = line.trim().strip_prefix("terminal: http://").unwrap();
        Self {
            _part: part,
            host: host.trim_end_matches('/').to_owned(),
        }
    }

    /// The pages of a part that was started in another way.
    pub(crate) fn at(part: Part, host: String) -> Self {
        Self { _part: part, host }
    }

    /// Sends one request as it stands.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Page {
        let port = self.host.rsplit(':').next().unwrap();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses a body may close before it has all of it.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer).map_err(|it| it.kind());
        assert_ne!(read, Err(ErrorKind::WouldBlock), "no answer to {path}");
        let at = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..at].to_vec()).unwrap();
        Page {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: answer[at + 4..].to_vec(),
            head,
        }
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            terminal: self,
            cookies: BTreeMap::new(),
        }
    }
}

impl Page {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The value of the first element of this name.
    pub(crate) fn value(&self, name: &str) -> String {
        let text = self.text();
        let at = text.find(&format!("name=\"{name}\"")).expect(name);
        let rest = &text[at..text[at..].find('>').unwrap() + at];
        let value = rest.split("value=\"").nth(1).expect(name);
        value.split('"').next().unwrap().to_owned()
    }

    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.text().contains(&format!("data-code=\"{code}\""))
    }

    /// The page has this status, and says this.
    pub(crate) fn says(&self, status: u16, texts: &[&str]) {
        let page = self.text();
        assert_eq!(self.status, status, "{page}");
        for text in texts {
            assert!(page.contains(text), "{text} is not on the page:\n{page}");
        }
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        text.append_pair(name, value);
    }
    text.finish()
}

impl Browser<'_> {
    pub(crate) fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, &[], b"")
    }

    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &form, encoded(fields).as_bytes())
    }

    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let (cookies, origin) = (cookies.join("; "), format!("http://{}", self.terminal.host));
        let mut headers = vec![("host", self.terminal.host.as_str()), ("origin", &origin)];
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        headers.extend(more);
        let page = self.terminal.ask(method, path, &headers, body);
        if let Some(cookie) = page.header("set-cookie") {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.into(), value.into());
        }
        match page.header("location") {
            Some(to) if page.status == 303 => {
                let to = to.to_owned();
                self.get(&to)
            }
            _ => page,
        }
    }

    /// Certificate, start, ID, password.
    pub(crate) fn sign_in(&mut self, id: &str, password: &str) -> Page {
        let first = self.get("/");
        let certificate = first.value("certificate");
        self.post("/start", &[("certificate", &certificate)])
            .says(200, &["name=\"account\""]);
        let fields = [("account", id), ("password", password)];
        let page = self.post("/sign-in", &fields);
        if page.has_code("already_signed_in") {
            let fields = [("account", id), ("password", password), ("force", "1")];
            return self.post("/sign-in", &fields);
        }
        page
    }

    /// Old, new, again, confirmation.
    pub(crate) fn change_password(&mut self, old: &str, new: &str) -> Page {
        let fields = [("old_password", old), ("new_password", new), ("again", new)];
        self.post("/password", &fields).says(200, &["更新確認"]);
        self.post("/password/confirm", &[])
    }
}

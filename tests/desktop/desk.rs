//! A desktop for one test: session bus, X server, window manager, home folder, WebDriver.
//!
//! Owns their life. Everything runs in process groups of its own and is killed when the test ends,
//! however it ends. A program that is missing fails the test with the name of its Debian package.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

/// The program under test.
pub const KRONOS: &str = env!("CARGO_BIN_EXE_kronos-desktop");

/// The Debian package of each program that a desk is made of.
const PACKAGES: &[(&str, &str)] = &[
    ("Xvfb", "xvfb"),
    ("dbus-daemon", "dbus"),
    ("openbox", "openbox"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("xdotool", "xdotool"),
    ("xmessage", "x11-utils"),
    ("xprop", "x11-utils"),
    ("import", "imagemagick"),
    ("gio", "libglib2.0-bin"),
    ("gnome-keyring-daemon", "gnome-keyring"),
];

/// A running desktop.
pub struct Desk {
    folder: TempDir,
    environment: Vec<(String, String)>,
    /// The newest first, so that the X server goes last.
    children: Vec<Child>,
    pub bus: String,
}

impl Desk {
    /// A desktop that prefers light windows.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// A desktop with more environment variables.
    pub fn with(more: &[(&str, &str)]) -> Self {
        let folder = tempfile::Builder::new().prefix("kronos-desk-").tempdir().unwrap();
        let environment = environment(folder.path(), more);
        let mut desk = Self { folder, environment, children: Vec::new(), bus: String::new() };
        let display = desk.first_line(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]));
        desk.environment.push(("DISPLAY".into(), format!(":{display}")));
        desk.bus = desk.first_line(Command::new("dbus-daemon").args([
            "--session",
            "--nofork",
            "--nopidfile",
            "--print-address=1",
        ]));
        desk.environment.push(("DBUS_SESSION_BUS_ADDRESS".into(), desk.bus.clone()));
        desk.start(&mut Command::new("openbox"));
        desk
    }

    /// A desktop with a keychain that is open, as it is after a login.
    pub fn with_keychain() -> Self {
        let mut desk = Self::new();
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        desk.prepare(&mut command).stdin(Stdio::piped()).stdout(log()).stderr(log());
        let child = command.process_group(0).spawn();
        let mut child = child.unwrap_or_else(|error| missing(&command, &error));
        let password = child.stdin.take().expect("it is piped").write_all(b"test");
        password.expect("the keychain takes its password");
        desk.children.insert(0, child);
        desk
    }

    /// The user's home folder on this desktop.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A configuration with one storage, no database yet, and whatever `more` says.
    pub fn write_config(&self, more: &str) -> PathBuf {
        let storage = self.home().join("backups");
        let text = format!("[storage]\ntype = \"local\"\npath = \"{}\"\n{more}", storage.display());
        let path = self.home().join("kronos.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Starts WebDriver and returns its address.
    pub fn driver(&mut self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        self.start(Command::new("WebKitWebDriver").arg(format!("--port={port}")));
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(20), "WebKitWebDriver does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
        format!("http://127.0.0.1:{port}")
    }

    /// Starts a program on this desktop that lives until the desktop ends.
    pub fn start(&mut self, command: &mut Command) {
        let child = self.spawn(command.stdout(log()));
        self.children.insert(0, child);
    }

    /// Runs a program on this desktop to its end.
    pub fn run(&self, command: &mut Command) -> Output {
        let output = self.prepare(command).output();
        output.unwrap_or_else(|error| missing(command, &error))
    }

    /// Starts Kronos once more, as a user who clicks its icon again; it has to end by itself.
    pub fn launch_again(&self) {
        self.launch_with(&[]);
    }

    /// Starts Kronos once more on files, as a file manager does.
    pub fn launch_with(&self, files: &[&Path]) {
        let output = self.run(Command::new(KRONOS).args(files));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The X display of this desktop.
    pub fn display(&self) -> &str {
        let display = self.environment.iter().find(|(name, _)| name == "DISPLAY");
        &display.expect("every desk has a display").1
    }

    /// The X window whose title matches, if it is on the screen.
    pub fn window(&self, title: &str) -> Option<String> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", title]);
        found.lines().last().map(str::to_owned)
    }

    /// Runs `xdotool` and returns what it prints.
    pub fn xdotool(&self, arguments: &[&str]) -> String {
        let output = self.run(Command::new("xdotool").args(arguments));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A picture of the whole screen, with frames and native dialogs.
    pub fn picture(&self, name: &str) {
        let output = self.run(&mut import(name));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What was on the screen when a test failed. Must not fail itself: that would end the process.
    fn picture_if_possible(&self, name: &str) {
        let _ = self.prepare(&mut import(name)).status();
    }

    /// Whether the program under test still runs on this desktop.
    pub fn kronos_is_running(&self) -> bool {
        self.kronos().is_some()
    }

    /// Kills the program under test as a crash would.
    pub fn kill_kronos(&self) {
        let process = self.kronos().expect("it runs");
        kill_process(process, Signal::KILL).unwrap();
    }

    fn kronos(&self) -> Option<Pid> {
        let owner = self.environment.iter().find(|(name, _)| name == "HOME").map(|(_, home)| home);
        let home = format!("HOME={}", owner.expect("every desk has a home"));
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let found = processes.map(|process| process.path()).find(|process| {
            let is_kronos =
                std::fs::read_link(process.join("exe")).is_ok_and(|exe| exe == Path::new(KRONOS));
            is_kronos
                && std::fs::read(process.join("environ")).is_ok_and(|all| {
                    all.split(|byte| *byte == 0).any(|entry| entry == home.as_bytes())
                })
        })?;
        Pid::from_raw(found.file_name()?.to_str()?.parse().ok()?)
    }

    fn first_line(&mut self, command: &mut Command) -> String {
        let mut child = self.spawn(command.stdout(Stdio::piped()));
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).unwrap();
        self.children.insert(0, child);
        line.trim().to_owned()
    }

    fn spawn(&self, command: &mut Command) -> Child {
        let child = self.prepare(command).stderr(log()).process_group(0).spawn();
        child.unwrap_or_else(|error| missing(command, &error))
    }

    fn prepare<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("WAYLAND_DISPLAY");
        command
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
            self.picture_if_possible(&format!("failed-{test}"));
        }
        for child in &mut self.children {
            if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = child.wait();
        }
    }
}

/// Where pictures are kept.
pub fn screenshots() -> PathBuf {
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is inside the target folder");
    let folder = target.join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn import(name: &str) -> Command {
    let mut command = Command::new("import");
    command.args(["-window", "root"]).arg(screenshots().join(format!("{name}.png")));
    command
}

/// What the programs on all desks say. A file: a pipe would be held open by one that is left over.
fn log() -> File {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desktop-tests.log");
    File::options().create(true).append(true).open(path).unwrap()
}

fn environment(folder: &Path, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let home = folder.join("home");
    let runtime = folder.join("run");
    let settings = home.join(".config/glib-2.0/settings");
    for folder in [&runtime, &settings] {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::set_permissions(&runtime, PermissionsExt::from_mode(0o700)).unwrap();
    // As everywhere: GTK's dialog would otherwise begin with "Recent", where no path can be typed.
    let chooser = "[org/gtk/settings/file-chooser]\nstartup-mode='cwd'\n";
    std::fs::write(settings.join("keyfile"), chooser).unwrap();
    let text = |path: &Path| path.to_str().expect("a temporary folder has a plain name").to_owned();
    let own = [
        ("HOME", text(&home)),
        ("XDG_CONFIG_HOME", text(&home.join(".config"))),
        ("XDG_DATA_HOME", text(&home.join(".local/share"))),
        ("XDG_STATE_HOME", text(&home.join(".local/state"))),
        ("XDG_CACHE_HOME", text(&home.join(".cache"))),
        ("XDG_RUNTIME_DIR", text(&runtime)),
        ("GDK_BACKEND", "x11".into()),
        ("GTK_USE_PORTAL", "0".into()),
        ("GSETTINGS_BACKEND", "keyfile".into()),
        ("LC_ALL", "C.UTF-8".into()),
        ("TZ", "UTC".into()),
        // Without a graphics card: noise in the log, and a third of the time.
        ("MESA_SHADER_CACHE_DISABLE", "true".into()),
        ("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1".into()),
        // Makes the program accept a WebDriver.
        ("TAURI_WEBVIEW_AUTOMATION", "true".into()),
    ];
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(more).collect()
}

fn missing(command: &Command, error: &std::io::Error) -> ! {
    let program = command.get_program().to_string_lossy();
    let package = PACKAGES.iter().find(|(name, _)| *name == program).map(|(_, package)| *package);
    match package {
        Some(package) if error.kind() == ErrorKind::NotFound => {
            panic!("`{program}` is missing: please install the package {package}")
        }
        _ => panic!("{program}: {error}"),
    }
}

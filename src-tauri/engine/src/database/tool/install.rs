//! How a missing tool is installed on this system.
//!
//! Owns the commands of the package tools, not the names of packages: an engine knows those.

/// The packages that hold a tool, by system. A name may hold blanks: several packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Packages {
    /// Debian, Ubuntu.
    pub(in super::super) debian: String,
    /// Fedora, RHEL.
    pub(in super::super) fedora: String,
    /// Arch Linux.
    pub(in super::super) arch: String,
    /// Alpine.
    pub(in super::super) alpine: String,
    /// Homebrew.
    pub(in super::super) brew: String,
    /// Windows Package Manager.
    pub(in super::super) winget: String,
}

impl Packages {
    /// The command that installs them here.
    pub(in super::super) fn install_line(&self) -> String {
        match std::env::consts::OS {
            "macos" => format!("brew install {}", self.brew),
            "windows" => format!("winget install {}", self.winget),
            _ => self.linux_line(&std::fs::read_to_string("/etc/os-release").unwrap_or_default()),
        }
    }

    fn linux_line(&self, os_release: &str) -> String {
        let families = ["ID=", "ID_LIKE="].into_iter().flat_map(|key| {
            let lines = os_release.lines().filter_map(move |line| line.strip_prefix(key));
            lines.flat_map(|value| value.trim_matches('"').split(' ')).collect::<Vec<_>>()
        });
        for family in families {
            match family {
                "debian" | "ubuntu" => return format!("sudo apt install {}", self.debian),
                "fedora" | "rhel" => return format!("sudo dnf install {}", self.fedora),
                "arch" => return format!("sudo pacman -S {}", self.arch),
                "alpine" => return format!("sudo apk add {}", self.alpine),
                _ => {}
            }
        }
        format!("sudo apt install {}", self.debian)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_the_system() {
        let packages = Packages {
            debian: "postgresql-client-18".into(),
            fedora: "postgresql18".into(),
            arch: "postgresql-libs".into(),
            alpine: "postgresql18-client".into(),
            brew: "postgresql@18".into(),
            winget: "PostgreSQL.PostgreSQL.18".into(),
        };
        let line = |os: &str| packages.linux_line(os);
        assert_eq!(line("NAME=x\nID=debian\n"), "sudo apt install postgresql-client-18");
        assert_eq!(line("ID=linuxmint\nID_LIKE=\"ubuntu debian\""), line("ID=debian"));
        assert_eq!(
            line("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\""),
            "sudo dnf install postgresql18"
        );
        assert_eq!(line("ID=alpine"), "sudo apk add postgresql18-client");
        assert_eq!(line("ID=manjaro\nID_LIKE=arch"), "sudo pacman -S postgresql-libs");
        assert_eq!(line(""), line("ID=debian"));
    }
}

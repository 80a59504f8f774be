//! Names and texts inside SQL, connection strings, patterns and shells, so that none of them can become
//! anything else.
//!
//! Owns the quoting rules and nothing that uses them.

/// `name` as an identifier of SQL.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `text` as a string of SQL, whatever `standard_conforming_strings` is.
pub(super) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        return format!("E'{}'", quoted.replace('\\', "\\\\"));
    }
    format!("'{quoted}'")
}

/// `value` as a value of a connection string of libpq.
pub(super) fn conninfo(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A table as a pattern of `pg_dump` that matches it and no other: within double quotes nothing is a
/// wildcard.
pub(super) fn pattern(schema: &str, table: &str) -> String {
    format!("{}.{}", identifier(schema), identifier(table))
}

/// A table's name as people see it: `public.orders`; a part that would be misread is quoted.
pub(crate) fn shown(schema: &str, name: &str) -> String {
    let part = |text: &str| {
        if text.contains(['.', '"']) { identifier(text) } else { text.to_owned() }
    };
    if schema.is_empty() { part(name) } else { format!("{}.{}", part(schema), part(name)) }
}

/// One field of a line in a password file.
pub(super) fn passfile(value: &str) -> String {
    value.replace('\\', "\\\\").replace(':', "\\:")
}

/// `text` as one word of a shell command.
pub(super) fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("\\'; DROP"), "E'\\\\''; DROP'");
        assert_eq!(conninfo("x' host='evil"), "'x\\' host=\\'evil'");
        assert_eq!(conninfo("back\\slash"), "'back\\\\slash'");
        assert_eq!(pattern("public", "a*\"b"), "\"public\".\"a*\"\"b\"");
        assert_eq!(passfile("p:a\\ss"), "p\\:a\\\\ss");
        assert_eq!(shell("shop"), "shop");
        assert_eq!(shell("$(rm) 'x'"), r"'$(rm) '\''x'\'''");
    }

    #[test]
    fn two_tables_never_look_the_same() {
        assert_eq!(shown("public", "orders"), "public.orders");
        assert_eq!(shown("public", "Größe x"), "public.Größe x");
        assert_ne!(shown("a.b", "c"), shown("a", "b.c"));
        assert_ne!(shown("a", "\"b.c\""), shown("a", "b.c"));
    }
}

//! Where tokens end, for clients and servers alike, and what a gate passes on.

//! What the lexer makes of texts of every maker, however they are cut.

use super::lexer::{Lexer, Next, Token};
use super::speech::Speech;

/// The tokens of `text`, read in pieces of `size` bytes.
fn tokens(speech: Speech, text: &str, size: usize) -> Result<Vec<String>, String> {
    let mut lexer = Lexer::new(speech);
    let mut found = Vec::new();
    let mut is_copy = false;
    let mut on_token = |token: Token<'_>, _: usize| {
        let text = match token {
            Token::Word(word) => word.to_owned(),
            Token::Name(name) => format!("n:{name}"),
            Token::Text(text) => format!("t:{text}"),
            Token::Symbol(symbol) => (symbol as char).to_string(),
            Token::Command(line) => format!("!{line}"),
            Token::End => "END".to_owned(),
            Token::RowsEnd => "ROWS".to_owned(),
            Token::Delimiter => "DELIMITER".to_owned(),
        };
        is_copy = text == "END" && found.last().is_some_and(|last| last == "stdin");
        found.push(text);
        Ok(if is_copy { Next::Rows } else { Next::Script })
    };
    for piece in text.as_bytes().chunks(size) {
        let mut from = 0;
        while from < piece.len() {
            let mut end = None;
            lexer.feed(&piece[from..], &mut |token, at| {
                if matches!(
                    token,
                    Token::End | Token::RowsEnd | Token::Command(_) | Token::Delimiter
                ) {
                    end = Some(at);
                }
                on_token(token, at)
            })?;
            from = end.map_or(piece.len(), |end| from + end);
        }
    }
    lexer.finish(&mut on_token)?;
    if !lexer.is_outside() {
        found.push("INSIDE".to_owned());
    }
    Ok(found)
}

fn check(speech: Speech, text: &str, expected: &str) {
    for size in [1, 2, 3, 7, 1000] {
        let found = tokens(speech, text, size).map(|found| found.join(" "));
        assert_eq!(found.as_deref(), Ok(expected), "{text:?} in pieces of {size}");
    }
}

fn refused(speech: Speech, text: &str) {
    for size in [1, 3, 1000] {
        assert!(tokens(speech, text, size).is_err(), "{text:?} in pieces of {size}");
    }
}

#[test]
fn texts_and_comments_of_postgres_end_where_psql_ends_them() {
    let check = |text, expected| check(Speech::Postgres, text, expected);
    check("SELECT 'a;b', \"c;d\"; -- e;\nf", "SELECT t:a;b , n:c;d END f");
    check("/* a /* ; */ ; */ b;", "b END");
    check("SELECT E'a\\';', 'b\\';", "SELECT E t:a\\'; , t:b\\ END");
    check("SELECT E'a'\n'b\\';' ;", "SELECT E t:a t:b\\'; END");
    check("SELECT E'a' 'b\\';", "SELECT E t:a t:b\\ END");
    check("$a$ ; $b$ ; $a$;", "t: END");
    check("x$a$;1$a$ ' $a$;", "x$a$ END 1 t: END");
    check("SELECT 1a$b$; c", "SELECT 1 a$b$ END c");
    check("SELECT $1, $x y;", "SELECT $ 1 , $ x y END");
    check("a \\! touch x\nb;", "a !\\! touch x b END");
    check("COPY t FROM stdin;\n\\x\n\\!\n'\n\\.\nb;", "COPY t FROM stdin END ROWS b END");
    check("COPY t FROM stdin;\n1\n", "COPY t FROM stdin END INSIDE");
    check("SELECT 'a", "SELECT INSIDE");
    refused(Speech::Postgres, "COPY t FROM stdin; SELECT 1;\n");
}

#[test]
fn statements_of_mysql_end_where_every_client_and_server_ends_them() {
    let check = |text, expected| check(Speech::Mysql, text, expected);
    check("SELECT 'a\\';', `b;`, \"c;\"; # d;\ne", "SELECT t:a\\'; , n:b; , t:c; END e");
    check("a --1;\n-- b;\nc", "a - - 1 END c");
    check("/*!50003 a; b */ c;", "a END b c END");
    check("/*!50003 a /* b */ c */ d;", "a c d END");
    check("/*!80013 a */ b;", "a b END");
    check("/*M!100100 a */ b;", "a b END");
    check("/*M!999999\\- enable the sandbox mode */ \nSET a;", "SET a END");
    check("DELIMITER ;;\na; b;;\nDELIMITER ;\nc;", "DELIMITER a ; b ; END DELIMITER c END");
    check("DELIMITER $$\na; END$$\nDELIMITER ;\nc;", "DELIMITER a ; END $ END DELIMITER c END");
    check("DELIMITER //\na / b; /* // */ c//\nd", "DELIMITER a / b ; c END d");
    for hostile in [
        "/*!99999 ' */ DROP DATABASE a; /*!99999 ' */",
        "/*!80013 -- */ DROP DATABASE a\n*/",
        "/*!80013 /* */ DROP DATABASE a; /* */ */",
        "/*!999999 a */",
        "/*+ SET_VAR(x='*/') */",
        "a delimiter b",
        "xdelimiter b",
        "delimiter ab\n",
        "delimiter ';'\n",
        "SELECT $$a$$",
        "DELIMITER $$\n$a$ ; $a$ $$",
        "--\u{1}\n",
        "a\u{b}b",
    ] {
        refused(Speech::Mysql, hostile);
    }
}

#[test]
fn commands_of_the_shell_of_sqlite_are_seen_where_the_shell_sees_them() {
    let check = |text, expected| check(Speech::Sqlite, text, expected);
    check(".shell a\nb;\n  .load c\n", "!.shell a b END !.load c");
    check("SELECT [a;], 'b\n.c', 1.5;", "SELECT n:a; , t:b\n.c , 1 . 5 END");
    check("SELECT 1 -- a'\n;", "SELECT 1 END");
}

/// A script through a gate in pieces of `size`: what has passed, or why it was refused.
pub fn through<R: super::Rules>(
    speech: Speech,
    rules: R,
    text: &str,
    size: usize,
) -> Result<String, String> {
    let mut gate = super::Gate::new(speech, rules);
    let mut passed = Vec::new();
    let refusal = |error: std::io::Error| error.to_string();
    for piece in text.as_bytes().chunks(size) {
        gate.pass(piece, &mut passed).map_err(refusal)?;
    }
    gate.finish(&mut passed).map_err(refusal)?;
    Ok(String::from_utf8(passed).unwrap())
}

//! tests/c/errors.h: every function that may have an error, called with nothing and with good
//! arguments. What it returns is for the program to judge.

use super::prototypes::{base, end_of, functions, good, Function};
use std::fmt::Write as _;

/// The statuses that are neither a success nor an error.
pub const BETWEEN: [&str; 3] = ["ETCD_EMPTY", "ETCD_WOKEN", "ETCD_END"];

fn nothing(of: &str) -> &'static str {
    match of {
        "etcd_bytes_t" => "text(\"\")",
        "int64_t" | "uint64_t" | "int32_t" | "uint32_t" | "bool" | "size_t" => "0",
        _ => "NULL",
    }
}

/// An argument that is good.
fn own(function: &Function<'_>, of: &str, name: &str) -> String {
    match (of, name) {
        // What waits for others would do so for ever.
        (_, "options") if function.comment.contains("0 is no deadline") => "&brief".to_owned(),
        (_, "events") => "&out".to_owned(),
        (_, "options" | "arg" | "call") => "NULL".to_owned(),
        ("etcd_event_cb", _) => "ignore".to_owned(),
        _ => good(of, name),
    }
}

fn calls(function: &Function<'_>, all: &[Function<'_>]) -> String {
    let name = function.name;
    let list = |argument: &dyn Fn(&str, &str) -> String| {
        let list = function.arguments.iter().map(|(of, name)| argument(of, name));
        list.collect::<Vec<_>>().join(", ")
    };
    let mut text = format!("static void of_{name}(void) {{\n");
    let has = |argument| function.argument(argument).is_some();
    let out = function.argument("out").or(function.argument("events"));
    if has("client") {
        text.push_str("  etcd_client_t *client = open_client(endpoints);\n");
    }
    if has("queue") {
        text.push_str("  etcd_queue_t *queue = new_queue();\n");
    }
    if let Some(of) = out {
        let _ = writeln!(text, "  {}out = NULL;", of.strip_suffix('*').unwrap());
    }
    if has("count") {
        text.push_str("  size_t count = 0;\n");
    }
    let null = list(&|of, _| nothing(of).to_owned());
    let err = list(&|of, name| match name {
        "err" => "&err".to_owned(),
        _ => nothing(of).to_owned(),
    });
    let _ = writeln!(text, "  FITS({name}({err}));");
    let _ = writeln!(text, "  SAME({name}({null}));");
    let _ = writeln!(text, "  FITS({name}({}));", list(&|of, name| own(function, of, name)));
    if let Some(of) = out {
        let _ = writeln!(text, "  {}(out);", end_of(base(of), all).unwrap());
    }
    if has("client") {
        text.push_str("  etcd_client_close(client);\n");
    }
    if has("queue") {
        text.push_str("  free_queue(queue);\n");
    }
    text + "}\n\n"
}

fn all_with_errors<'a, 'b>(all: &'b [Function<'a>]) -> impl Iterator<Item = &'b Function<'a>> {
    all.iter().filter(|function| function.argument("err").is_some())
}

pub fn generate(header: &str) -> String {
    let all = functions(header);
    let mut text = "/* Generated from include/ by `make header`: do not edit. */\n\n".to_owned();
    all_with_errors(&all).for_each(|function| text.push_str(&calls(function, &all)));
    text.push_str("static void every_function(void) {\n");
    all_with_errors(&all).for_each(|function| {
        let _ = writeln!(text, "  of_{}();", function.name);
    });
    text + "}\n"
}

/// The functions that may return one of [`BETWEEN`], by their comments, and which.
pub fn between(header: &str) -> Vec<(String, &'static str)> {
    let all = functions(header);
    let names = |comment: &str, status: &str| {
        comment.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == status)
    };
    let mut found = Vec::new();
    for function in all_with_errors(&all) {
        // "As etcd_x()" has what that has.
        let like = function.comment.split("@return As ").nth(1);
        let like = like.and_then(|rest| rest.split('(').next());
        let like = all.iter().find(|other| Some(other.name) == like);
        let comments = [function.comment, like.map_or("", |other| other.comment)];
        let own = |status: &&str| comments.iter().any(|comment| names(comment, status));
        found.extend(BETWEEN.into_iter().filter(own).map(|own| (function.name.to_owned(), own)));
    }
    found
}

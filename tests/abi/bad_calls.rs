//! tests/c/bad_calls.h: what every call on a client refuses, from its prototype.

use super::prototypes::{base, functions, good, Function, HANDLES};
use std::fmt::Write as _;

fn row(function: &Function<'_>, status: &str, with: Option<(&str, &str)>) -> String {
    let arguments = function.arguments.iter().map(|(of, name)| match with {
        Some((other, value)) if other == *name => value.to_owned(),
        _ => good(of, name),
    });
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    format!("  REFUSED({status}, {}({arguments}));\n", function.name)
}

fn rows(function: &Function<'_>) -> String {
    let options = base(function.argument("options").unwrap());
    let init = options.trim_end_matches("_t").to_uppercase();
    let mut text = format!("static void bad_{}(void) {{\n", function.name);
    let _ = writeln!(text, "  {options} options = {init}_INIT;");
    let outs =
        ["out", "call"].into_iter().filter_map(|name| Some((name, function.argument(name)?)));
    let outs: Vec<_> = outs.collect();
    for (name, of) in &outs {
        let of = of.strip_suffix('*').unwrap();
        let _ = writeln!(text, "  {of}{name} = GARBAGE({of});");
    }
    text.push_str("  uint32_t bit;\n");
    let (_, handle) = function.arguments[0];
    let closed = format!("closed_{handle}");
    text.push_str(&row(function, "ETCD_ERR_BAD_HANDLE", Some((handle, "NULL"))));
    text.push_str(&row(function, "ETCD_ERR_BAD_HANDLE", Some((handle, &closed))));
    if function.needs_out() {
        text.push_str(&row(function, "ETCD_ERR_INVALID_ARGUMENT", Some(("out", "NULL"))));
    }
    if function.name.ends_with("_async") {
        text.push_str(&row(function, "ETCD_ERR_BAD_HANDLE", Some(("queue", "NULL"))));
    }
    // Those that no call has.
    text.push_str("  for (bit = 1; bit != 0; bit <<= 1) {\n    if (bit & 0x3fffff00u) continue;\n");
    let _ = writeln!(text, "    options.flags = bit;");
    let _ = write!(text, "  {}", row(function, "ETCD_ERR_UNSUPPORTED", None));
    text.push_str("  }\n  options.flags = 0;\n  options.size = sizeof options.size;\n");
    text.push_str(&row(function, "ETCD_ERR_UNSUPPORTED", None));
    text.push_str("  options.size = 0;\n");
    text.push_str(&row(function, "ETCD_ERR_UNSUPPORTED", None));
    for (name, _) in &outs {
        let _ = writeln!(text, "  CHECK({name} == NULL);");
    }
    text + "}\n\n"
}

pub fn generate(header: &str) -> String {
    let all = functions(header);
    let calls = all.iter().filter(|function| {
        let first = function.arguments.first().map_or("", |(_, name)| *name);
        HANDLES.contains(&first) && function.argument("options").is_some()
    });
    let calls: Vec<_> = calls.collect();
    let mut text = "/* Generated from include/ by `make header`: do not edit. */\n\n".to_owned();
    calls.iter().for_each(|function| text.push_str(&rows(function)));
    text.push_str("static void bad_calls(void) {\n");
    calls.iter().for_each(|function| {
        let _ = writeln!(text, "  bad_{}();", function.name);
    });
    text + "}\n"
}

//! The headers: what cbindgen says of each topic, put together in the order in which people read.

use super::source;
use super::topics::{Header, Topic};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// A declaration with its comment.
struct Declaration {
    comment: String,
    code: String,
}

impl Declaration {
    /// The name, if it is a structure of which nothing is known.
    fn opaque(&self) -> Option<&str> {
        let names = self.code.strip_prefix("typedef struct ")?.strip_suffix(';')?;
        names.split_once(' ').filter(|(tag, name)| tag == name).map(|(tag, _)| tag)
    }

    /// The name and the fields, if it is a structure that is shown.
    fn structure(&self) -> Option<(&str, &str)> {
        let (name, rest) = self.code.strip_prefix("typedef struct ")?.split_once(" {\n")?;
        Some((name, rest.rsplit_once("} ")?.0))
    }

    fn is_function(&self) -> bool {
        self.code.starts_with("ETCD_API") || self.code.starts_with("ETCD_MUST_USE")
    }

    /// As it stands in its topic, after all names of structures.
    fn text(&self) -> String {
        match self.structure() {
            Some((name, fields)) => {
                let mut text = format!("{}struct {name} {{\n{fields}}};\n", self.comment);
                text.push_str(&initialiser(name, fields));
                text
            }
            None => format!("{}{}\n", self.comment, self.code),
        }
    }
}

/// The macro that begins a structure with its own size. Every field is listed, because some
/// compilers warn of those that are not.
fn initialiser(name: &str, fields: &str) -> String {
    if !fields.contains(" size_t size;") {
        return String::new();
    }
    let fields = fields.lines().map(str::trim).filter(|line| line.ends_with(';'));
    let values = fields.map(|field| match field {
        "size_t size;" => format!("sizeof({name})"),
        _ if field.contains('*') || field.contains("_cb ") => "ETCD_NULL".to_owned(),
        _ if field.starts_with("etcd_bytes_t ") => "{ ETCD_NULL, 0 }".to_owned(),
        _ => "0".to_owned(),
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let upper = name.trim_end_matches("_t").to_uppercase();
    format!("\n/** Initialises an {name}. */\n#define {upper}_INIT \\\n  {{ {values} }}\n")
}

/// What cbindgen makes of the sources of a topic.
fn declarations(topic: &Topic, root: &Path) -> Vec<Declaration> {
    let mut config = cbindgen::Config::from_root_or_default(root);
    let expanded = tempfile::tempdir().unwrap();
    let mut builder = cbindgen::Builder::new();
    for (number, source) in topic.sources.iter().enumerate() {
        let file = expanded.path().join(format!("{number}.rs"));
        let items = source::expanded(&root.join(source));
        std::fs::write(&file, source::written(&items)).unwrap();
        config.export.include.extend(source::types(&items));
        builder = builder.with_src(file);
    }
    builder = builder.with_config(config);
    let mut text = Vec::new();
    builder.generate().expect("cbindgen").write(&mut text);
    split(&String::from_utf8(text).unwrap())
}

fn split(text: &str) -> Vec<Declaration> {
    let mut all = Vec::new();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    while let Some(line) = lines.next() {
        let (mut comment, mut code) = (String::new(), line.to_owned());
        if line.starts_with("/**") {
            comment = format!("{line}\n");
            while !comment.ends_with("*/\n") {
                let line = lines.next().expect("a comment without an end").trim_end();
                comment.push_str(line);
                comment.push('\n');
            }
            code = lines.next().expect("a comment of nothing").to_owned();
        }
        let ends = |code: &str| match code.matches('{').count() {
            open if open != code.matches('}').count() => false,
            _ if code.starts_with('#') => !code.ends_with('\\'),
            _ => code.ends_with(';'),
        };
        while !ends(&code) {
            code.push('\n');
            code.push_str(lines.next().expect("a declaration without an end"));
        }
        all.push(Declaration { comment, code: written(&code) });
    }
    all
}

/// The declaration as it is to be read.
fn written(code: &str) -> String {
    if let Some((name, shift)) = code.split_once(" (1 << ") {
        let shift: u32 = shift.trim_end_matches(')').parse().unwrap();
        return format!("{name} {:#x}u", 1u32 << shift);
    }
    if code.starts_with('#') {
        return code.to_owned();
    }
    // Every name of a structure is declared before.
    let (first, rest) = match code.strip_prefix("typedef struct ") {
        Some(rest) => ("typedef struct ", rest),
        None => ("", code),
    };
    let code = format!("{first}{}", rest.replace("struct etcd_", "etcd_"));
    if code.contains('{') || !code.contains('(') || code.starts_with("typedef") {
        return code;
    }
    // An attribute stands first.
    let must_use = code.contains("ETCD_MUST_USE");
    let code = code.replace("ETCD_API", "").replace("ETCD_MUST_USE", "");
    let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let prefix = if must_use { "ETCD_MUST_USE ETCD_API " } else { "ETCD_API " };
    let (name, arguments) = code.split_once('(').unwrap();
    let mut text = format!("{prefix}{name}(");
    let mut column = text.len();
    for (number, argument) in arguments.split(", ").enumerate() {
        if number > 0 && column + argument.len() > 98 {
            text.push_str(",\n    ");
            column = 4;
        } else if number > 0 {
            text.push_str(", ");
            column += 2;
        }
        text.push_str(argument);
        column += argument.len();
    }
    text
}

fn comment(text: &str) -> String {
    let mut comment = "/**\n".to_owned();
    for line in text.trim().lines() {
        comment.push_str(format!(" * {}", line.trim()).trim_end());
        comment.push('\n');
    }
    comment + " */\n"
}

pub fn generate(header: &Header, root: &Path) -> String {
    let topics: Vec<_> =
        header.topics.iter().map(|topic| (topic, declarations(topic, root))).collect();
    let guard = header.file.to_uppercase().replace(['.', '-'], "_");
    let mut text = format!(
        "/* SPDX-License-Identifier: MIT OR Apache-2.0\n * Generated from src/ by `make header`: \
         do not edit. */\n\n#ifndef {guard}\n#define {guard}\n\n"
    );
    let mut contents = format!("@file {}\n{}\n\nContents:\n", header.file, header.about);
    for topic in header.topics {
        let _ = writeln!(contents, "- @ref {} \"{}\"", topic.id, topic.title);
    }
    text.push_str(&comment(&contents));
    text.push('\n');
    for include in header.includes {
        let _ = writeln!(text, "#include {include}");
    }
    text.push_str(&header.preamble);
    text.push_str("\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    // Each name is declared once: C89 knows no second time.
    let shown = topics.iter().flat_map(|(_, all)| all).filter_map(|item| item.structure());
    let shown: BTreeSet<&str> = shown.map(|(name, _)| name).collect();
    if !shown.is_empty() {
        text.push_str("/** @cond */\n");
        for name in shown {
            let _ = writeln!(text, "typedef struct {name} {name};");
        }
        text.push_str("/** @endcond */\n\n");
    }
    let handles = topics.iter().flat_map(|(_, all)| all).filter(|item| item.opaque().is_some());
    let handles: Vec<_> = handles.map(|item| item.text() + "\n").collect();
    if !handles.is_empty() {
        let about = super::topics::HANDLES;
        text.push_str(&comment(&format!("@defgroup etcd_handles Handles\n{about}\n@{{")));
        text.push_str(&format!("\n{}/** @}} */\n\n", handles.concat()));
    }
    for (topic, declarations) in &topics {
        let Topic { id, title, about, .. } = topic;
        text.push_str(&comment(&format!("@defgroup {id} {title}\n{}\n@{{", about.trim())));
        text.push('\n');
        let stay = declarations.iter().filter(|item| item.opaque().is_none());
        let (functions, others): (Vec<_>, Vec<_>) = stay.partition(|item| item.is_function());
        for item in others.into_iter().chain(functions) {
            text.push_str(&item.text());
            text.push('\n');
        }
        text.push_str(topic.code);
        text.push_str("/** @} */\n\n");
    }
    text.push_str(&format!(
        "#ifdef __cplusplus\n}} /* extern \"C\" */\n#endif\n\n#endif /* {guard} */\n"
    ));
    text
}

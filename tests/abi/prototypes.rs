//! What a header declares, read from its text as its users read it.

/// A function: its comment, the type of its result, its name, and the type and name of each argument.
pub struct Function<'a> {
    pub comment: &'a str,
    pub result: &'a str,
    pub name: &'a str,
    pub arguments: Vec<(&'a str, &'a str)>,
}

impl Function<'_> {
    /// The type of an argument, if there is one of that name.
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|(_, other)| *other == name).map(|(of, _)| *of)
    }

    /// Whether `out` must not be NULL.
    pub fn needs_out(&self) -> bool {
        let after = self.comment.split("@param[out] out").nth(1).unwrap_or_default();
        self.argument("out").is_some() && !after.trim_start().starts_with("May be NULL")
    }
}

/// A number: its name, and its value as written.
pub struct Constant<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

impl Constant<'_> {
    pub fn is_unsigned(&self) -> bool {
        self.text.ends_with('u')
    }

    pub fn value(&self) -> i64 {
        let text = self.text.trim_end_matches('u');
        match text.strip_prefix("0x") {
            _ if text == "UINT32_MAX" => u32::MAX.into(),
            Some(digits) => i64::from_str_radix(digits, 16).unwrap(),
            None => text.parse().unwrap(),
        }
    }
}

/// A structure: its name, and the type and name of each field.
pub struct Structure<'a> {
    pub name: &'a str,
    pub fields: Vec<(&'a str, &'a str)>,
}

/// "const etcd_x_t *name" as the type and the name.
fn declared(text: &str) -> (&str, &str) {
    let text = text.trim();
    let at = text.rfind([' ', '*']).map_or(0, |at| at + 1);
    (text[..at].trim(), &text[at..])
}

/// The comment that ends where the text does.
fn comment_before(text: &str) -> &str {
    match text.trim_end().strip_suffix("*/") {
        Some(text) => &text[text.rfind("/**").unwrap_or(0)..],
        None => "",
    }
}

pub fn functions(header: &str) -> Vec<Function<'_>> {
    let starts = header.match_indices("ETCD_API ").filter(|(at, _)| {
        let line = header[..*at].rsplit('\n').next().unwrap();
        line.is_empty() || line == "ETCD_MUST_USE "
    });
    let function = |(at, word): (usize, &str)| {
        let line = header[..at].rfind('\n').map_or(0, |at| at + 1);
        let declaration = header[at + word.len()..].split(';').next().unwrap();
        let (head, arguments) = declaration.split_once('(').unwrap();
        let (result, name) = declared(head);
        let arguments = arguments.trim_end_matches(')').split(',').map(declared);
        Function {
            comment: comment_before(&header[..line]),
            result,
            name,
            arguments: arguments.filter(|(of, name)| !of.is_empty() && *name != "void").collect(),
        }
    };
    starts.map(function).collect()
}

pub fn constants(header: &str) -> Vec<Constant<'_>> {
    let constant = |(at, word): (usize, &str)| {
        let line = header[at + word.len()..].lines().next().unwrap();
        let (name, text) = line.split_once(' ')?;
        let number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        (number || text == "UINT32_MAX").then(|| Constant {
            name: &header[at + "\n#define ".len()..][..name.len() + "ETCD_".len()],
            text,
        })
    };
    header.match_indices("\n#define ETCD_").filter_map(constant).collect()
}

pub fn structures(header: &str) -> Vec<Structure<'_>> {
    let structure = |text| {
        let (name, rest) = str::split_once(text, " {").unwrap();
        let body = rest.split("\n};").next().unwrap();
        let fields = body.lines().map(str::trim).filter_map(|line| line.strip_suffix(';'));
        Structure { name, fields: fields.map(declared).collect() }
    };
    header.split("\nstruct ").skip(1).map(structure).collect()
}

/// A type without `const` and what points to it.
pub fn base(of: &str) -> &str {
    of.trim_start_matches("const ").trim_end_matches([' ', '*'])
}

/// What ends the life of an object of this type, if the caller has to.
pub fn end_of<'a>(name: &str, all: &[Function<'a>]) -> Option<&'a str> {
    let base = name.trim_end_matches("_t");
    let names = match name {
        "etcd_call_t" => ["etcd_call_cancel".to_owned(), String::new()],
        "char" => ["etcd_text_free".to_owned(), String::new()],
        _ => [format!("{base}_close"), format!("{base}_free")],
    };
    all.iter().map(|of| of.name).find(|function| names.iter().any(|name| name == function))
}

/// What calls with options are made on.
pub const HANDLES: [&str; 4] = ["client", "session", "mutex", "election"];

/// An argument that is good; the programs have what begins with GOOD_, and variables of the other names.
pub fn good(of: &str, name: &str) -> String {
    match (of, name) {
        (_, "client" | "queue") => name.to_owned(),
        (_, "user_data" | "arg") => "NULL".to_owned(),
        (_, "options" | "out" | "count" | "call" | "err") => format!("&{name}"),
        ("etcd_bytes_t", _) => "text(\"good/key\")".to_owned(),
        ("const char *", _) => "\"mem:good\"".to_owned(),
        ("int64_t" | "uint64_t" | "int32_t" | "uint32_t" | "bool" | "size_t", _) => "1".to_owned(),
        _ => format!("GOOD_{}", base(of)),
    }
}

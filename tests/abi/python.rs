//! python/_etcd_abi.py: what the headers declare, for ctypes and struct.

use super::prototypes::{constants, functions, structures, Function, Structure};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const HEAD: &str = "\
\"\"\"What include/*.h declares. Generated from there by `make header`: do not edit.\"\"\"

from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char_p, c_int, c_int32, c_int64, c_size_t, c_uint,
                    c_uint32, c_uint64, c_void_p)
from struct import Struct
from typing import Any, Dict, List, Tuple

";

/// A type as ctypes has it.
fn of_ctypes(of: &str) -> String {
    let name = match of {
        "void" => "None",
        "bool" => "c_bool",
        "int" => "c_int",
        "unsigned int" => "c_uint",
        "int32_t" | "etcd_status_t" | "etcd_result" => "c_int32",
        "uint32_t" => "c_uint32",
        "int64_t" => "c_int64",
        "uint64_t" => "c_uint64",
        "size_t" => "c_size_t",
        "const char *" => "c_char_p",
        "etcd_bytes_t" => "Bytes",
        _ if of.ends_with("_cb") => return camel(of),
        _ if of.ends_with("**") => "OUT",
        "const int *" | "int *" => "POINTER(c_int)",
        _ if of.ends_with('*') || of == "etcd_session" => "c_void_p",
        _ => panic!("{of} has no type in Python"),
    };
    name.to_owned()
}

/// etcd_get_options_t is GetOptions.
fn camel(name: &str) -> String {
    let words = name.trim_start_matches("etcd_").trim_end_matches("_t").split('_');
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// etcd_get_response_t is GET_RESPONSE.
fn upper(name: &str) -> String {
    name.trim_start_matches("etcd_").trim_end_matches("_t").to_uppercase()
}

/// A row of a list, broken where the lines of Python end.
fn filled(start: &str, items: &[String], end: &str) -> String {
    const WIDTH: usize = 120;
    let indent = " ".repeat(start.len() - start.trim_start().len() + 4);
    let whole = format!("{start}{}{end}\n", items.join(", "));
    if whole.len() <= WIDTH + 1 {
        return whole;
    }
    let (mut text, mut line) = (format!("{start}\n"), indent.clone());
    for item in items {
        if line.len() + item.len() + 1 > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line.clone_from(&indent);
        }
        let _ = write!(line, "{item}, ");
    }
    let _ = writeln!(text, "{}", line.trim_end());
    text + &indent[4..] + end + "\n"
}

/// The bytes and the alignment of a field, and its letters in the language of struct.
fn layout_of_field(of: &str, all: &[Structure<'_>]) -> (usize, usize, String) {
    let (bytes, letters) = match of {
        _ if of.ends_with('*') => (8, "Q"),
        "bool" => (1, "?"),
        "int32_t" | "etcd_status_t" => (4, "i"),
        "uint32_t" => (4, "I"),
        "int64_t" => (8, "q"),
        "uint64_t" | "size_t" => (8, "Q"),
        "etcd_bytes_t" => return (16, 8, "QQ".to_owned()),
        _ => {
            let inner = all.iter().find(|other| other.name == of);
            let (bytes, _) = layout(inner.unwrap_or_else(|| panic!("{of} in a structure")), all);
            return (bytes, 8, format!("{bytes}s"));
        }
    };
    (bytes, bytes, letters.to_owned())
}

/// The size of a structure and its fields in the language of struct.
fn layout(structure: &Structure<'_>, all: &[Structure<'_>]) -> (usize, String) {
    let (mut at, mut text, mut widest) = (0, "=".to_owned(), 1);
    let pad = |at: &mut usize, text: &mut String, align: usize| {
        let hole = at.next_multiple_of(align) - *at;
        *at += hole;
        if hole > 0 {
            let _ = write!(text, "{hole}x");
        }
    };
    for (of, _) in &structure.fields {
        let (bytes, align, letters) = layout_of_field(of, all);
        pad(&mut at, &mut text, align);
        text.push_str(&letters);
        at += bytes;
        widest = widest.max(align);
    }
    pad(&mut at, &mut text, widest);
    (at, text)
}

/// The function that frees or closes what a function returns in `out`.
fn end_of<'a>(function: &Function<'_>, all: &'a [Function<'a>]) -> Option<&'a str> {
    let made = function.argument("out")?.strip_suffix('*')?;
    let ends = |other: &&Function<'_>| {
        let name = other.name;
        (name.ends_with("_free") || name.ends_with("_close"))
            && matches!(other.arguments[..], [(of, _)] if of == made)
    };
    all.iter().find(ends).map(|other| other.name)
}

/// Whether the caller makes it: it begins with its size.
fn is_made_by_the_caller(structure: &Structure<'_>) -> bool {
    structure.fields[0] == ("size_t", "size") || structure.name == "etcd_bytes_t"
}

fn callbacks(header: &str) -> String {
    let mut text = "\n# --- Callbacks ---\n\n".to_owned();
    for line in header.lines().filter_map(|line| line.strip_prefix("typedef ")) {
        let Some((result, rest)) = line.split_once(" (*") else { continue };
        let (name, arguments) = rest.split_once(")(").unwrap();
        let arguments = arguments.trim_end_matches(");").split(',');
        let arguments = arguments.map(|_| "c_void_p").collect::<Vec<_>>().join(", ");
        let result = of_ctypes(result);
        let _ = writeln!(text, "{} = CFUNCTYPE({result}, {arguments})", camel(name));
    }
    text
}

pub fn generate(header: &str) -> String {
    let mut text = HEAD.to_owned();
    let mut seen = BTreeSet::new();
    text.push_str("# --- Numbers ---\n\n");
    for constant in constants(header).iter().filter(|constant| seen.insert(constant.name)) {
        let number = match constant.text {
            "UINT32_MAX" => "0xffffffff",
            number => number.trim_end_matches('u'),
        };
        let _ = writeln!(text, "{} = {number}", constant.name);
    }
    text.push_str(&callbacks(header));

    let all = structures(header);
    let (callers, ours): (Vec<_>, Vec<_>) = all.iter().partition(|of| is_made_by_the_caller(of));
    text.push_str("\n# --- Structures that the caller makes ---\n\n");
    // Those that are inside of others come first.
    let (inner, outer): (Vec<_>, Vec<_>) =
        callers.into_iter().partition(|of| of.name == "etcd_bytes_t");
    for structure in inner.into_iter().chain(outer) {
        let _ = writeln!(text, "\nclass {}(Structure):", camel(structure.name));
        let fields = structure.fields.iter();
        let fields = fields.map(|(of, name)| match *name {
            // It keeps the bytes that it points to alive.
            "data" => format!("(\"{name}\", c_char_p)"),
            _ => format!("(\"{name}\", {})", of_ctypes(of)),
        });
        text.push_str(&filled("    _fields_ = [", &fields.collect::<Vec<_>>(), "]"));
        text.push('\n');
    }
    text.push_str("\n# --- Structures that the library makes, for struct: quicker than those of ctypes ---\n\n");
    let bytes = all.iter().filter(|of| of.name == "etcd_bytes_t");
    for structure in bytes.chain(ours.into_iter().filter(|of| of.name != "etcd_server")) {
        let (_, letters) = layout(structure, &all);
        let _ = writeln!(text, "{} = Struct(\"{letters}\")", upper(structure.name));
    }

    let all = functions(header);
    text.push_str("\n# --- Functions: the types of the result and of the arguments ---\n\n");
    text.push_str("OUT = POINTER(c_void_p)\nFUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {\n");
    for function in &all {
        // What the caller frees cannot be a c_char_p, which forgets the address.
        let result = of_ctypes(function.result);
        let arguments: Vec<_> = function.arguments.iter().map(|(of, _)| of_ctypes(of)).collect();
        text.push_str(&filled(
            &format!("    \"{}\": ({result}, [", function.name),
            &arguments,
            "]),",
        ));
    }
    text.push_str(
        "}\n\n# The function that frees or closes what each of these returns in `out`.\n",
    );
    text.push_str("ENDS: Dict[str, str] = {\n");
    for function in &all {
        if let Some(end) = end_of(function, &all) {
            let _ = writeln!(text, "    \"{}\": \"{end}\",", function.name);
        }
    }
    text + "}\n"
}

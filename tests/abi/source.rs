//! The sources of the ABI as cbindgen can read them: the macros of src/capi/exports.rs become
//! the functions that they stand for, with the comments that readers of the header need.

use quote::{quote, ToTokens};
use std::path::Path;
use syn::parse::{Parse, ParseStream};
use syn::{parenthesized, parse_quote, Attribute, Block, Ident, Item, Token, Type};

/// A `call! { ... }`.
struct Call {
    comment: Comment,
    name: Ident,
    /// What it is called on: its name, and its type.
    handle: (Ident, Type),
    arguments: Vec<(Ident, Type)>,
    response: Ident,
    out_may_be_null: bool,
    /// The asynchronous form, and the kind of its event.
    twin: Option<(Ident, Ident)>,
}

impl Parse for Call {
    fn parse(input: ParseStream) -> syn::Result<Call> {
        let comment = Comment::of(&input.call(Attribute::parse_outer)?);
        input.parse::<Token![fn]>()?;
        let name = input.parse()?;
        let list;
        parenthesized!(list in input);
        let first: Ident = list.parse()?;
        let handle = match first == "on" {
            false => (first, parse_quote!(etcd_client_t)),
            true => {
                let name = list.parse()?;
                list.parse::<Token![:]>()?;
                (name, list.parse()?)
            }
        };
        let mut arguments = Vec::new();
        while list.parse::<Option<Token![,]>>()?.is_some() && !list.is_empty() {
            let argument = list.parse()?;
            list.parse::<Token![:]>()?;
            arguments.push((argument, list.parse()?));
        }
        input.parse::<Token![->]>()?;
        let mut response: Ident = input.parse()?;
        let out_may_be_null = response == "Option";
        if out_may_be_null {
            input.parse::<Token![<]>()?;
            response = input.parse()?;
            input.parse::<Token![>]>()?;
        }
        input.parse::<Block>()?;
        let twin = match input.parse::<Option<Token![async]>>()? {
            None => None,
            Some(_) => {
                let twin = input.parse()?;
                input.parse::<Token![=>]>()?;
                Some((twin, input.parse()?))
            }
        };
        Ok(Call { comment, name, handle, arguments, response, out_may_be_null, twin })
    }
}

/// A `response!(structure, storage, free)`.
struct Response {
    structure: Ident,
    free: Ident,
}

impl Parse for Response {
    fn parse(input: ParseStream) -> syn::Result<Response> {
        let structure = input.parse()?;
        input.parse::<Token![,]>()?;
        input.parse::<Type>()?;
        input.parse::<Token![,]>()?;
        let free = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Response { structure, free })
    }
}

/// A comment for Doxygen: text, and then paragraphs that begin with a command.
struct Comment {
    text: Vec<String>,
    tags: Vec<String>,
}

impl Comment {
    fn of(attributes: &[Attribute]) -> Comment {
        let mut comment = Comment { text: Vec::new(), tags: Vec::new() };
        for attribute in attributes {
            let syn::Meta::NameValue(meta) = &attribute.meta else { continue };
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(line), .. }) = &meta.value else {
                continue;
            };
            let line = line.value().trim().to_owned();
            match comment.tags.last_mut() {
                _ if line.starts_with('@') => comment.tags.push(line),
                None => comment.text.push(line),
                Some(tag) => {
                    tag.push(' ');
                    tag.push_str(&line);
                }
            }
        }
        comment
    }

    /// What follows a command, if the comment has it.
    fn after(&self, command: &str) -> Option<&str> {
        let own = self.tags.iter().find(|tag| tag.starts_with(&format!("{command} ")));
        own.map(|tag| tag[command.len()..].trim())
    }
}

/// The lines of a comment: each paragraph broken where the header's lines end.
fn lines(text: &[String], paragraphs: &[String]) -> Vec<String> {
    const WIDTH: usize = 92;
    let mut lines: Vec<String> = text.to_vec();
    for paragraph in paragraphs {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if line.len() + word.len() > WIDTH {
                lines.push(std::mem::replace(&mut line, "  ".to_owned()));
            }
            if !line.trim().is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

fn documented(lines: &[String], mut function: syn::ItemFn) -> Item {
    for line in lines {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        function.attrs.push(parse_quote!(#[doc = #line]));
    }
    // In the order in which people write them.
    function.attrs.sort_by_key(|attribute| !attribute.path().is_ident("doc"));
    Item::Fn(function)
}

impl Call {
    fn items(&self) -> Vec<Item> {
        let Call { name, response, handle: (handle, of), .. } = self;
        let names = self.arguments.iter().map(|(name, _)| name);
        let types = self.arguments.iter().map(|(_, kind)| kind);
        let arguments = quote!(#(#names: #types,)*);
        let mut items = vec![documented(
            &self.lines(),
            parse_quote! {
                #[no_mangle]
                #[must_use]
                pub unsafe extern "C" fn #name(
                    #handle: *mut #of,
                    #arguments
                    out: *mut *mut #response,
                    err: *mut *mut etcd_error_t,
                ) -> etcd_status_t {}
            },
        )];
        if let Some((twin, event)) = &self.twin {
            let kind = match event.to_string() {
                event if event.starts_with("ETCD_EVENT_") => format!("of kind {event}"),
                _ => "that the comment there names".to_owned(),
            };
            let comment = [
                format!("Starts {name}() and returns at once; it ends with an event {kind}."),
                String::new(),
                "@since 0.1".to_owned(),
            ];
            items.push(documented(
                &comment,
                parse_quote! {
                    #[no_mangle]
                    #[must_use]
                    pub unsafe extern "C" fn #twin(
                        #handle: *mut #of,
                        #arguments
                        queue: *mut etcd_queue_t,
                        user_data: *mut c_void,
                        call: *mut *mut etcd_call_t,
                        err: *mut *mut etcd_error_t,
                    ) -> etcd_status_t {}
                },
            ));
        }
        items
    }

    /// The comment, with what is the same for all calls.
    fn lines(&self) -> Vec<String> {
        let comment = &self.comment;
        let handle = &self.handle.0;
        let mut tags = vec![format!("@param {handle} Open {handle}.")];
        for (argument, _) in &self.arguments {
            let own = comment.after(&format!("@param {argument}"));
            let rote = if argument == "options" { "May be NULL for defaults. " } else { "" };
            tags.push(format!("@param {argument} {rote}{}", own.unwrap_or_default()));
        }
        let free = format!("{}_free()", self.response.to_string().trim_end_matches("_t"));
        let rote = match self.out_may_be_null {
            true => format!("May be NULL if the reply is not wanted; else free it with {free}."),
            false => format!("The reply; free it with {free}."),
        };
        let own = comment.after("@param[out] out").unwrap_or_default();
        tags.push(format!("@param[out] out {rote} {own}"));
        let rote = "May be NULL. The error after a failure; free it with etcd_error_free().";
        tags.push(format!("@param[out] err {rote}"));
        let own = match comment.after("@return") {
            Some(own) => format!(", {}", own.trim_end_matches('.')),
            None => String::new(),
        };
        tags.push(format!("@return ETCD_OK{own}, or a status that any call returns."));
        let since = comment.after("@since").unwrap_or("0.1");
        tags.push("@par Thread safety Any thread, any number at once.".to_owned());
        tags.push(format!("@since {since}"));
        lines(&comment.text, &tags)
    }
}

impl Response {
    fn item(&self) -> Item {
        let Response { structure, free } = self;
        documented(
            &[
                format!("Frees an {structure} and all that it points to."),
                String::new(),
                "@param response  May be NULL.".to_owned(),
                "@since 0.1".to_owned(),
            ],
            parse_quote! {
                #[no_mangle]
                pub unsafe extern "C" fn #free(response: *mut #structure) {}
            },
        )
    }
}

/// The items of a file, with functions in place of macros.
pub fn expanded(path: &Path) -> Vec<Item> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut items = Vec::new();
    for item in file.items {
        let Item::Macro(of) = &item else {
            items.push(item);
            continue;
        };
        let name = of.mac.path.get_ident().map(Ident::to_string).unwrap_or_default();
        let parsed = match name.as_str() {
            "call" => of.mac.parse_body::<Call>().map(|call| call.items()),
            "response" => of.mac.parse_body::<Response>().map(|response| vec![response.item()]),
            _ => continue,
        };
        items.extend(parsed.unwrap_or_else(|e| panic!("{}: {name}!: {e}", path.display())));
    }
    items
}

pub fn written(items: &[Item]) -> String {
    items.iter().map(|item| item.to_token_stream().to_string() + "\n").collect()
}

/// The public types among them, which cbindgen leaves out where no function uses them.
pub fn types(items: &[Item]) -> Vec<String> {
    let public = |vis: &syn::Visibility| matches!(vis, syn::Visibility::Public(_));
    let name = |item: &Item| match item {
        Item::Struct(of) if public(&of.vis) => Some(of.ident.to_string()),
        Item::Type(of) if public(&of.vis) => Some(of.ident.to_string()),
        _ => None,
    };
    items.iter().filter_map(name).filter(|name| name.starts_with("etcd_")).collect()
}

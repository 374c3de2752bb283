//! A message as plain CBOR: what it is made of, without what it means.

use minicbor::data::Type;
use minicbor::decode::Error;
use minicbor::{Decode, Decoder, Encoder};
use shared::sync::codec::decode;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    Null,
    Bool(bool),
    Number(i64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Shape>),
}

impl Shape {
    /// Of a message as it travels.
    pub fn of(message: &[u8]) -> Self {
        decode(message).expect("a message")
    }

    /// The same as an uncompressed message.
    pub fn to_message(&self) -> Vec<u8> {
        let mut cbor = Vec::new();
        write(&mut Encoder::new(&mut cbor), self);
        [&[0], &cbor[..]].concat()
    }

    /// Whether a later message has what this one has, at the same places, and more at the ends at most.
    pub fn is_begun_by(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Null, _) | (_, Self::Null) => true,
            (Self::Array(before), Self::Array(now)) => {
                let mut pairs = before.iter().zip(now);
                before.len() <= now.len() && pairs.all(|(before, now)| before.is_begun_by(now))
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(later),
        }
    }

    /// How many entries it has.
    pub fn entries(&self) -> usize {
        self.array().len()
    }

    /// The first entries only.
    pub fn first(&self, count: usize) -> Self {
        Self::Array(self.array()[..count].to_vec())
    }

    /// With one entry blank.
    pub fn blanked(&self, at: usize) -> Self {
        let mut entries = self.array().to_vec();
        entries[at] = Self::Null;
        Self::Array(entries)
    }

    /// With entries that nobody knows.
    pub fn with_strange_entries(&self) -> Self {
        let mut entries = self.array().to_vec();
        entries.push(Self::Array(vec![Self::Number(7), Self::Text("new".into())]));
        entries.push(Self::Null);
        entries.push(Self::Bytes(vec![1, 2, 3]));
        Self::Array(entries)
    }

    fn array(&self) -> &[Self] {
        let Self::Array(entries) = self else { panic!("a message is an array") };
        entries
    }
}

impl<'b> Decode<'b, ()> for Shape {
    fn decode(decoder: &mut Decoder<'b>, _: &mut ()) -> Result<Self, Error> {
        Ok(match decoder.datatype()? {
            Type::Null => {
                decoder.null()?;
                Self::Null
            }
            Type::Bool => Self::Bool(decoder.bool()?),
            Type::Bytes => Self::Bytes(decoder.bytes()?.to_vec()),
            Type::String => Self::Text(decoder.str()?.to_owned()),
            Type::Array => {
                let count = decoder.array()?.ok_or_else(|| Error::message("of definite length"))?;
                let entries = (0..count).map(|_| Self::decode(decoder, &mut ()));
                Self::Array(entries.collect::<Result<_, _>>()?)
            }
            _ => Self::Number(decoder.i64()?),
        })
    }
}

fn write(encoder: &mut Encoder<&mut Vec<u8>>, shape: &Shape) {
    // Writing to memory cannot fail.
    let _ = match shape {
        Shape::Null => encoder.null(),
        Shape::Bool(value) => encoder.bool(*value),
        Shape::Number(number) => encoder.i64(*number),
        Shape::Bytes(bytes) => encoder.bytes(bytes),
        Shape::Text(text) => encoder.str(text),
        Shape::Array(entries) => {
            let _ = encoder.array(entries.len() as u64);
            entries.iter().for_each(|entry| write(encoder, entry));
            return;
        }
    };
}

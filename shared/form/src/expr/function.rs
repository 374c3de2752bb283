//! The functions of the dialect: names and how many arguments they take.

/// A function of XPath 1.0 or of the ODK XForms specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    Abs,
    Acos,
    Area,
    Asin,
    Atan,
    Atan2,
    Base64Decode,
    Boolean,
    BooleanFromString,
    Ceiling,
    Checklist,
    ChoiceName,
    Coalesce,
    Concat,
    Contains,
    Cos,
    Count,
    CountNonEmpty,
    CountSelected,
    Current,
    Date,
    DateTime,
    DecimalDateTime,
    DecimalTime,
    Digest,
    Distance,
    EndsWith,
    Exp,
    Exp10,
    ExtractSigned,
    False,
    Floor,
    FormatDate,
    FormatDateTime,
    Geofence,
    Id,
    If,
    IndexedRepeat,
    Instance,
    Int,
    Intersects,
    Itext,
    Join,
    Lang,
    Last,
    LocalName,
    Log,
    Log10,
    Max,
    Min,
    Name,
    NamespaceUri,
    NormalizeSpace,
    Not,
    Now,
    Number,
    Once,
    Pi,
    Position,
    Pow,
    PullData,
    Random,
    Randomize,
    Regex,
    Round,
    Selected,
    SelectedAt,
    Sin,
    Sqrt,
    StartsWith,
    String,
    StringLength,
    Substr,
    Substring,
    SubstringAfter,
    SubstringBefore,
    Sum,
    Tan,
    Today,
    Translate,
    True,
    Uuid,
    Version,
    WeightedChecklist,
}

/// No upper bound on arguments.
const ANY: u8 = u8::MAX;

/// What a function gives, as far as its name tells; for static checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    Boolean,
    Number,
    Text,
    Nodes,
    Date,
    Any,
}

struct Entry {
    name: &'static str,
    function: Function,
    least: u8,
    most: u8,
    gives: Gives,
}

macro_rules! table {
    ($($name:literal $function:ident $least:literal $most:tt $gives:ident;)*) => {
        &[$(Entry { name: $name, function: Function::$function, least: $least, most: $most,
            gives: Gives::$gives }),*]
    };
}

static TABLE: &[Entry] = table! {
    "abs" Abs 1 1 Number;
    "acos" Acos 1 1 Number;
    "area" Area 1 1 Number;
    "asin" Asin 1 1 Number;
    "atan" Atan 1 1 Number;
    "atan2" Atan2 2 2 Number;
    "base64-decode" Base64Decode 1 1 Text;
    "boolean" Boolean 1 1 Boolean;
    "boolean-from-string" BooleanFromString 1 1 Boolean;
    "ceiling" Ceiling 1 1 Number;
    "checklist" Checklist 2 ANY Boolean;
    "coalesce" Coalesce 1 ANY Text;
    "concat" Concat 0 ANY Text;
    "contains" Contains 2 2 Boolean;
    "cos" Cos 1 1 Number;
    "count" Count 1 1 Number;
    "count-non-empty" CountNonEmpty 1 1 Number;
    "count-selected" CountSelected 1 1 Number;
    "current" Current 0 0 Nodes;
    "date" Date 1 1 Date;
    "date-time" DateTime 1 1 Date;
    "decimal-date-time" DecimalDateTime 1 1 Number;
    "decimal-time" DecimalTime 1 1 Number;
    "digest" Digest 2 3 Text;
    "distance" Distance 1 ANY Number;
    "ends-with" EndsWith 2 2 Boolean;
    "exp" Exp 1 1 Number;
    "exp10" Exp10 1 1 Number;
    "extract-signed" ExtractSigned 2 2 Text;
    "false" False 0 0 Boolean;
    "floor" Floor 1 1 Number;
    "format-date" FormatDate 2 2 Text;
    "format-date-time" FormatDateTime 2 2 Text;
    "geofence" Geofence 2 2 Boolean;
    "id" Id 1 1 Nodes;
    "if" If 3 3 Any;
    "indexed-repeat" IndexedRepeat 3 ANY Nodes;
    "instance" Instance 1 1 Nodes;
    "int" Int 1 1 Number;
    "intersects" Intersects 1 1 Boolean;
    "join" Join 1 ANY Text;
    "jr:choice-name" ChoiceName 2 2 Text;
    "jr:itext" Itext 1 1 Nodes;
    "lang" Lang 1 1 Boolean;
    "last" Last 0 0 Number;
    "local-name" LocalName 0 1 Text;
    "log" Log 1 1 Number;
    "log10" Log10 1 1 Number;
    "max" Max 1 ANY Number;
    "min" Min 1 ANY Number;
    "name" Name 0 1 Text;
    "namespace-uri" NamespaceUri 0 1 Text;
    "normalize-space" NormalizeSpace 0 1 Text;
    "not" Not 1 1 Boolean;
    "now" Now 0 0 Date;
    "number" Number 0 1 Number;
    "once" Once 1 1 Any;
    "pi" Pi 0 0 Number;
    "position" Position 0 1 Number;
    "pow" Pow 2 2 Number;
    "pulldata" PullData 4 4 Text;
    "random" Random 0 0 Number;
    "randomize" Randomize 1 2 Nodes;
    "regex" Regex 2 2 Boolean;
    "round" Round 1 2 Number;
    "selected" Selected 2 2 Boolean;
    "selected-at" SelectedAt 2 2 Text;
    "sin" Sin 1 1 Number;
    "sqrt" Sqrt 1 1 Number;
    "starts-with" StartsWith 2 2 Boolean;
    "string" String 0 1 Text;
    "string-length" StringLength 0 1 Number;
    "substr" Substr 2 3 Text;
    "substring" Substring 2 3 Text;
    "substring-after" SubstringAfter 2 2 Text;
    "substring-before" SubstringBefore 2 2 Text;
    "sum" Sum 1 1 Number;
    "tan" Tan 1 1 Number;
    "today" Today 0 0 Date;
    "translate" Translate 3 3 Text;
    "true" True 0 0 Boolean;
    "uuid" Uuid 0 1 Text;
    "version" Version 0 0 Text;
    "weighted-checklist" WeightedChecklist 2 ANY Boolean;
};

impl Function {
    /// The function of this name; prefixes `jr:` are part of it.
    pub fn by_name(name: &str) -> Option<Function> {
        TABLE.iter().find(|entry| entry.name == name).map(|entry| entry.function)
    }

    fn entry(self) -> &'static Entry {
        TABLE.iter().find(|entry| entry.function == self).unwrap_or(&TABLE[0])
    }

    /// Fewest and most arguments; 255 stands for any number.
    pub fn arity(self) -> (u8, u8) {
        let entry = self.entry();
        (entry.least, entry.most)
    }

    /// What it gives.
    pub fn gives(self) -> Gives {
        self.entry().gives
    }

    /// All names, for suggestions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|entry| entry.name)
    }
}

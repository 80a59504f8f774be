//! Levels by name and number.

use super::super::LevelError;
use super::*;

#[test]
fn names_and_numbers_are_read_and_shown() {
    for text in ["fast", "balanced", "small", "max", "1", "7", "19"] {
        assert_eq!(text.parse::<Level>().expect(text).to_string(), text);
    }
    assert_eq!("fastest".parse::<Level>(), Err(LevelError::Unknown("fastest".to_owned())));
    for (text, number) in [("0", 0), ("20", 20)] {
        assert_eq!(text.parse::<Level>(), Err(LevelError::OutOfRange { number, highest: 19 }));
    }
}

#[test]
fn every_name_fits_every_codec() {
    let numbers = |codec| {
        ["fast", "balanced", "small", "max"]
            .map(|name| name.parse::<Level>().expect("name").for_codec(codec).expect("number"))
    };
    assert_eq!(numbers(Codec::Gzip), [1, 4, 6, 12]);
    assert_eq!(numbers(Codec::Zstd), [1, 3, 9, 19]);
    assert_eq!(Level::default(), Level::FAST);
}

#[test]
fn a_number_beyond_the_codec_is_refused_by_the_encoder() {
    let level = Level::number(13).expect("zstd has it");
    let error = StreamEncoder::new(Vec::new(), Codec::Gzip, level).err().expect("gzip has not");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "compression level 13 is out of range: it must be between 1 and 12"
    );
}

#[test]
fn settings_hold_a_name_or_a_number() {
    for (json, level) in [("\"small\"", Level::SMALL), ("4", Level::number(4).expect("level"))] {
        assert_eq!(serde_json::from_str::<Level>(json).expect(json), level);
        assert_eq!(serde_json::to_string(&level).expect(json), json);
    }
    assert!(serde_json::from_str::<Level>("\"tiny\"").is_err());
    assert!(serde_json::from_str::<Level>("99").is_err());
    assert_eq!(serde_json::to_string(&Codec::Gzip).expect("codec"), "\"gzip\"");
    assert_eq!(serde_json::from_str::<Codec>("\"zstd\"").expect("codec"), Codec::Zstd);
}

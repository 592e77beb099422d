#include "http/content_coding.h"

#include <gtest/gtest.h>

namespace bobbin::http {
namespace {

using enum ContentCoding;
constexpr CodingSet kAll{gzip, zstd, br};

std::string best(std::string_view accept_encoding, CodingSet available = kAll) {
  const auto coding = AcceptedCodings::of(accept_encoding).best_of(available);
  return coding ? std::string(name_of(*coding)) : "none";
}

TEST(DecodedName, IsWithoutTheEndThatSaysTheCoding) {
  EXPECT_EQ(decoded_name("app.wasm.br", br), "app.wasm");
  EXPECT_EQ(decoded_name("app.wasm.gz", br), "app.wasm.gz");
  EXPECT_EQ(decoded_name("app.wasm", br), "app.wasm");
  EXPECT_EQ(decoded_name("app.wasm", identity), "app.wasm");
  EXPECT_EQ(decoded_name("dump.zst", zstd), "dump");
  EXPECT_EQ(decoded_name(".gz", gzip), ".gz");
}

std::optional<ContentCoding> coding_of(std::initializer_list<std::string_view> lines) {
  Fields fields;
  for (const std::string_view line : lines)
    EXPECT_TRUE(fields.add({FieldName::content_encoding, "Content-Encoding", line}));
  return content_coding_of(fields);
}

TEST(ContentCodingOf, IsTheOneThatIsNamed) {  // RFC 9110 §8.4.1: names in any case, and x-gzip is gzip
  EXPECT_EQ(coding_of({}), ContentCoding::identity);
  for (const char* value : {"gzip", "GZip", "x-gzip", " gzip ", "gzip,", "identity, gzip"})
    EXPECT_EQ(coding_of({value}), ContentCoding::gzip) << value;
  EXPECT_EQ(coding_of({"zstd"}), ContentCoding::zstd);
  EXPECT_EQ(coding_of({"br"}), ContentCoding::br);
  EXPECT_EQ(coding_of({"identity", "zstd"}), ContentCoding::zstd);
  for (const char* value : {"", ",", "identity", "Identity , identity"})
    EXPECT_EQ(coding_of({value}), ContentCoding::identity) << value;
}

TEST(ContentCodingOf, IsNoneThatIsUnknownNorTwo) {
  for (const char* value :
       {"deflate", "gzip, gzip", "gzip, zstd", "zstd,br", "gzip;q=1", "gzipp", "*", "gz ip"})
    EXPECT_EQ(coding_of({value}), std::nullopt) << value;
  EXPECT_EQ(coding_of({"gzip", "gzip"}), std::nullopt);
}

TEST(AcceptedCodings, TheSmallestOfThoseThatAreWantedEquallyMuch) {
  EXPECT_EQ(best("gzip, deflate, br, zstd"), "br");
  EXPECT_EQ(best("gzip, deflate, br, zstd", {gzip, zstd}), "zstd");
  EXPECT_EQ(best("gzip, deflate, br, zstd", {gzip}), "gzip");
  EXPECT_EQ(best("gzip, deflate, br, zstd", {}), "identity");
  EXPECT_EQ(best("gzip, deflate"), "gzip");
  EXPECT_EQ(best("GZIP"), "gzip");
  EXPECT_EQ(best("x-gzip"), "gzip");
  EXPECT_EQ(best("deflate, compress"), "identity");
}

TEST(AcceptedCodings, WeightsDecide) {  // RFC 9110 §12.5.3
  EXPECT_EQ(best("gzip;q=1.0, br;q=0.5"), "gzip");
  EXPECT_EQ(best("gzip;q=0.001"), "gzip") << "identity is not named, so anything that is goes before it";
  EXPECT_EQ(best("gzip;q=0.5, identity"), "identity");
  EXPECT_EQ(best("gzip;q=0.5, identity;q=0.5"), "gzip");
  EXPECT_EQ(best("gzip;q=0"), "identity");
  EXPECT_EQ(best("br;q=0, *"), "zstd");
  EXPECT_EQ(best("*"), "br");
  EXPECT_EQ(best("*;q=0.1, identity"), "identity");
  EXPECT_EQ(best("*;q=0, gzip"), "gzip");
}

TEST(AcceptedCodings, WhatIsThereGoesBeforeWhatHasToBeMade) {
  const auto best = [](std::string_view accept_encoding, CodingSet prepared) {
    const auto coding = AcceptedCodings::of(accept_encoding).best_of(prepared, {gzip, zstd});
    return coding ? std::string(name_of(*coding)) : "none";
  };
  EXPECT_EQ(best("gzip, deflate, br, zstd", {gzip}), "gzip");
  EXPECT_EQ(best("gzip, deflate, br, zstd", {gzip, zstd}), "zstd");
  EXPECT_EQ(best("gzip, deflate, br, zstd", {gzip, br}), "br");
  EXPECT_EQ(best("gzip, deflate, br, zstd", {}), "zstd");
  EXPECT_EQ(best("gzip;q=0.5, zstd", {gzip}), "zstd") << "it is wanted more";
  EXPECT_EQ(best("gzip;q=0, zstd", {gzip}), "zstd") << "it is refused";
  EXPECT_EQ(best("zstd, br", {gzip}), "zstd") << "it is not named";
  EXPECT_EQ(best("gzip, zstd, identity", {gzip}), "gzip");
  EXPECT_EQ(best("zstd, identity", {}), "zstd") << "the file as it is counts as no coding";
  EXPECT_EQ(best("zstd;q=0.5, gzip;q=0.2, identity", {gzip}), "identity");
  EXPECT_EQ(best("br, identity;q=0", {gzip}), "none");
}

TEST(AcceptedCodings, IdentityCanBeRefused) {
  EXPECT_EQ(best("identity;q=0, gzip"), "gzip");
  EXPECT_EQ(best("identity;q=0"), "none");
  EXPECT_EQ(best("*;q=0"), "none");
  EXPECT_EQ(best("identity;q=0, gzip", {br}), "none");
  EXPECT_EQ(best("*;q=0, identity"), "identity");
}

TEST(AcceptedCodings, WithoutAValueThatCanBeReadThereIsIdentity) {
  EXPECT_EQ(best(""), "identity");
  EXPECT_EQ(AcceptedCodings::of(Fields()).best_of(kAll), identity);
  for (const char* value : {"gzip;q=2", "gzip;q", "gzip;q=", "gz ip", "gzip;q=0.1234", "\"gzip\"", "gzip=1"})
    EXPECT_EQ(best(value), "identity") << value;
}

TEST(AcceptedCodings, SeveralLinesAreOneList) {
  Fields fields;
  for (const char* value : {"gzip;q=0.5", "br"})
    EXPECT_TRUE(fields.add({.name = FieldName::accept_encoding, .name_text = "", .value = value}));
  EXPECT_EQ(AcceptedCodings::of(fields).best_of(kAll), br);
  EXPECT_EQ(AcceptedCodings::of(fields).best_of({gzip}), gzip);
}

TEST(AcceptedCodings, TellWhetherAnythingButIdentityIsTaken) {
  EXPECT_TRUE(AcceptedCodings::of("").is_identity_alone());
  EXPECT_TRUE(AcceptedCodings::of("deflate").is_identity_alone());
  EXPECT_FALSE(AcceptedCodings::of("gzip").is_identity_alone());
  EXPECT_FALSE(AcceptedCodings::of("identity;q=0").is_identity_alone());
}

}  // namespace
}  // namespace bobbin::http

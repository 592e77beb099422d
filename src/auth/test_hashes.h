#pragma once

// For tests: hashes of the password "secret", as cheap as their methods allow.
namespace bobbin::auth {

constexpr char kBcrypt[] = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
constexpr char kSha512[] =
    "$6$rounds=1000$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/"
    "S0cZ5WrCciNZgfhbpkeFQ4JfkHX.8vPq45lY0iINnCx1Lkm.";
constexpr char kSha256[] = "$5$salt$kpa26zwgX83BPSR8d7w93OIXbFt/d3UOTZaAu5vsTM6";
constexpr char kYescrypt[] = "$y$j75$saltsalt$0gBD67sgmJgRX3RZ6wHHO7sHimQEWGCWN85o4Twogh2";
constexpr char kGostYescrypt[] = "$gy$j75$saltsalt$lKLXtt/QvsyxW9ILYZt1u1hNXyI7ZoBnbdUTsPBwSi5";
constexpr char kScrypt[] = "$7$CU..../....salt$mnfL2zuQXIymN2nHniqJ5KmqyvgMmwtKROPb98iDaED";

}  // namespace bobbin::auth

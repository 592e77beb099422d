#pragma once

#include <string_view>

namespace bobbin::http {

/// The types that are built in, in the form of a mime.types file: a type and the extensions that stand for
/// it. They are those that IANA has registered; where there is none, the one that browsers and tools expect.
///
/// Of an extension with two meanings the one wins that breaks when it gets the wrong type: a player refuses
/// `.ts` that is not video, and nothing refuses TypeScript for it. Source code is text/plain, since browsers
/// save what they do not know, and people want to read it.
inline constexpr std::string_view kBuiltInMediaTypes = R"(
# pages and what they load
text/html                         html htm shtml
application/xhtml+xml             xhtml xht
text/css                          css
# RFC 9239; browsers run nothing of another type, so the modules of Node.js have it too
text/javascript                   js mjs cjs
application/wasm                  wasm
application/manifest+json         webmanifest
application/rss+xml               rss
application/atom+xml              atom
text/vtt                          vtt
# data
application/json                  json map topojson
application/ld+json               jsonld
application/geo+json              geojson
application/json5                 json5
application/jsonl                 jsonl
application/x-ndjson              ndjson
application/x-ipynb+json          ipynb
application/xml                   xml xsd
application/xml-dtd               dtd
application/xslt+xml              xsl xslt
application/rdf+xml               rdf
text/turtle                       ttl
application/n-triples             nt
application/n-quads               nq
application/yaml                  yaml yml
application/toml                  toml
application/cbor                  cbor
application/sql                   sql
application/vnd.sqlite3           sqlite sqlite3
application/vnd.apache.parquet    parquet
application/vnd.apache.arrow.file arrow
application/gpx+xml               gpx
application/vnd.google-earth.kml+xml kml
application/vnd.google-earth.kmz  kmz
text/csv                          csv
text/tab-separated-values         tsv
text/calendar                     ics
text/vcard                        vcf
message/rfc822                    eml
# documents
text/plain                        txt text log nfo
text/markdown                     md markdown
application/pdf                   pdf
application/epub+zip              epub
application/x-mobipocket-ebook    mobi
application/vnd.comicbook+zip     cbz
application/rtf                   rtf
application/postscript            ps eps
image/vnd.djvu                    djvu djv
application/msword                doc dot
application/vnd.ms-excel          xls
application/vnd.ms-powerpoint     ppt
application/vnd.openxmlformats-officedocument.wordprocessingml.document   docx
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet         xlsx
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.oasis.opendocument.text         odt
application/vnd.oasis.opendocument.spreadsheet  ods
application/vnd.oasis.opendocument.presentation odp
application/vnd.oasis.opendocument.graphics     odg
# images
image/png                         png
image/apng                        apng
image/jpeg                        jpg jpeg jpe jfif
image/gif                         gif
image/webp                        webp
image/avif                        avif
image/jxl                         jxl
image/heic                        heic
image/heif                        heif
image/svg+xml                     svg svgz
image/vnd.microsoft.icon          ico cur
image/bmp                         bmp
image/tiff                        tif tiff
image/jp2                         jp2
image/vnd.adobe.photoshop         psd
image/ktx2                        ktx2
# three dimensions
model/gltf+json                   gltf
model/gltf-binary                 glb
model/obj                         obj
model/mtl                         mtl
model/stl                         stl
model/step                        step stp
model/3mf                         3mf
model/vnd.usdz+zip                usdz
# fonts
font/woff                         woff
font/woff2                        woff2
font/ttf                          ttf
font/otf                          otf
font/collection                   ttc otc
application/vnd.ms-fontobject     eot
# sound
audio/mpeg                        mp3 mp2 mpga
audio/mp4                         m4a m4b cmfa
audio/aac                         aac adts
audio/ogg                         ogg oga opus spx
audio/wav                         wav
audio/flac                        flac
audio/webm                        weba
audio/matroska                    mka
audio/midi                        mid midi
audio/x-aiff                      aif aiff
# video, and its lists
video/mp4                         mp4 m4v cmfv
video/webm                        webm
video/ogg                         ogv
video/quicktime                   mov qt
video/mpeg                        mpeg mpg
video/mp2t                        ts m2ts mts m2t
video/iso.segment                 m4s
video/matroska                    mkv
video/matroska-3d                 mk3d
video/x-msvideo                   avi
video/x-flv                       flv
video/x-ms-wmv                    wmv
video/3gpp                        3gp
video/3gpp2                       3g2
application/vnd.apple.mpegurl     m3u8
audio/x-mpegurl                   m3u
application/dash+xml              mpd
application/ttml+xml              ttml
application/x-subrip              srt
# archives
application/zip                   zip
application/gzip                  gz tgz
application/x-bzip2               bz2 tbz2
application/x-xz                  xz txz
application/zstd                  zst tzst
application/lzip                  lz
application/x-lzma                lzma
application/x-tar                 tar
application/x-7z-compressed       7z
application/vnd.rar               rar
application/vnd.ms-cab-compressed cab
# packages and images of disks; what installers know by its name alone is bytes
application/vnd.debian.binary-package deb udeb
application/x-rpm                 rpm
application/vnd.android.package-archive apk
application/java-archive          jar war
application/x-xpinstall           xpi
application/x-apple-diskimage     dmg
application/x-iso9660-image       iso
application/x-bittorrent          torrent
application/octet-stream          bin img qcow2 vmdk exe msi dll so whl gem crate nupkg pkg appimage
# signatures, sums and certificates
application/pgp-signature         asc sig
application/pgp-keys              gpg
text/plain                        md5 sha1 sha224 sha256 sha384 sha512 sum
application/pem-certificate-chain pem
application/pkix-cert             cer
application/x-x509-ca-cert        crt der
application/pkix-crl              crl
# source code and configuration
text/plain                        rs go py pyi rb pl pm php lua r jl sh bash zsh fish ps1 bat cmd
text/plain                        c h cc cpp cxx hh hpp hxx inc m mm java kt kts swift cs fs scala dart zig
text/plain                        cts tsx jsx vue svelte scss sass less coffee hs ml ex exs erl clj el nim
text/plain                        asm s v sv vhd proto graphql gql tf nix cmake mk gradle diff patch
text/plain                        ini cfg conf env properties rst adoc tex bib org lock
)";

}  // namespace bobbin::http

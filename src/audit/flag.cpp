#include "audit/flag.h"

#include "base/assert.h"

namespace bobbin::audit {
namespace {

constexpr FlagText kTexts[] = {
    {Flag::version_control, "version-control", "Version control",
     "Everything that was ever committed can be put together again from these files.",
     "Take the folder out of --include-hidden, or deploy without it (git archive, git worktree)."},
    {Flag::private_key, "private-key", "Private keys",
     "Who has the key can pretend to be whoever it belongs to, and read what is meant for them.",
     "Move the file out of the root, and replace the key: it may be known by now."},
    {Flag::configuration, "configuration", "Files of settings",
     "Such files usually hold passwords and keys of the programs that read them.",
     "Move the file out of the root, and change the passwords that are in it."},
    {Flag::secret_of_ours, "secret-file", "Files that the server's own configuration names",
     "They are meant for the server alone.",
     "Move the file out of the root and name its new place in the option."},
    {Flag::database, "database", "Databases and dumps of them",
     "Everybody can take all that is in them, once they guess or find the name.",
     "Move the file out of the root."},
    {Flag::leaving, "leaving", "What editors and people have left behind",
     "An earlier version of a file, or a part of it, which nobody meant to publish. Scripts of other servers "
     "are "
     "shown as text under such names.",
     "Delete the file."},
    {Flag::archive, "archive", "Archives of the site",
     "By its name it holds the site or a part of it, with what is not meant to be served.",
     "Move the file out of the root, or give it a name that says what is in it."},
    {Flag::script, "script-source", "Programs for other servers",
     "bobbin runs no programs: it shows their source, and the passwords that are in it.",
     "Move the file out of the root."},
    {Flag::source_map, "source-map", "Source maps",
     "They hold the source from which a script or a style was made.",
     "Leave them out of the build, or move them, unless the source is public anyway."},
    {Flag::open_document, "open-uploads", "Stored uploads that everybody can fetch",
     "Who knows the name of a document can fetch it. Names cannot be guessed, but logs and proxies know "
     "them.",
     "--serve-uploads off, or a password: --password-file, --token-file, or a rule for the path."},
    {Flag::writable_by_all, "world-writable", "What every user of this machine can write to",
     "Every program on this machine can change what the site shows.", "chmod o-w"},
    {Flag::link_out, "link-out", "Links that lead out of the root and are followed",
     "What they lead to is served, although it does not lie in the root.",
     "--follow-symlinks inside, and a [[site.mount]] for a folder that is meant to be served."},
    {Flag::link_refused, "link-refused", "Links that are not followed",
     "Clients get 403 for them: they lead out of the root, or no link is followed at all.",
     "Delete the link, make it lead to a place in the root, or mount the folder: [[site.mount]]."},
    {Flag::unreadable, "unreadable", "What the server may not read", "Clients get 403 for it.",
     "Let the server's user read it (chmod, chown), or move it out of the root."},
};

}  // namespace

const FlagText& text_of(Flag flag) {
  static_assert(sizeof kTexts / sizeof *kTexts == kFlags);
  const FlagText& text = kTexts[static_cast<std::size_t>(flag)];
  ASSERT(text.flag == flag);
  return text;
}

}  // namespace bobbin::audit

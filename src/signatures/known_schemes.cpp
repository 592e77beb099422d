#include "signatures/known_schemes.h"

#include <array>
#include <utility>

namespace bobbin::signatures {
namespace {

constexpr std::array kNames = {
    std::pair<std::string_view, SchemeName>{"standard", SchemeName::standard},
    std::pair<std::string_view, SchemeName>{"github", SchemeName::github},
    std::pair<std::string_view, SchemeName>{"stripe", SchemeName::stripe},
    std::pair<std::string_view, SchemeName>{"slack", SchemeName::slack},
    std::pair<std::string_view, SchemeName>{"shopify", SchemeName::shopify},
    std::pair<std::string_view, SchemeName>{"gitlab", SchemeName::gitlab},
    std::pair<std::string_view, SchemeName>{"hmac", SchemeName::hmac},
};

SignedBytes template_of(std::string_view text) { return *SignedBytes::parse(text); }

Definition definition_of(SchemeName name) {
  switch (name) {
    // standardwebhooks.com, "Webhook headers"; the other spelling is that of docs.svix.com, "Verifying
    // webhooks manually".
    case SchemeName::standard:
      return Definition{.name = name,
                        .form = Form::versions,
                        .spellings = {{"webhook-signature", "webhook-timestamp", "webhook-id"},
                                      {"svix-signature", "svix-timestamp", "svix-id"}},
                        .encoding = Encoding::base64,
                        .signed_bytes = template_of("{id}.{timestamp}.{body}")};
    // docs.github.com, "Validating webhook deliveries". X-Hub-Signature, with SHA-1, is not read.
    case SchemeName::github:
      return Definition{.name = name,
                        .form = Form::single,
                        .spellings = {{"x-hub-signature-256"}},
                        .prefix = "sha256=",
                        .signed_bytes = template_of("{body}")};
    // docs.stripe.com/webhooks, "Verify webhook signatures manually"
    case SchemeName::stripe:
      return Definition{.name = name,
                        .form = Form::parameters,
                        .spellings = {{"stripe-signature"}},
                        .signed_bytes = template_of("{timestamp}.{body}")};
    // docs.slack.dev, "Verifying requests from Slack"
    case SchemeName::slack:
      return Definition{.name = name,
                        .form = Form::single,
                        .spellings = {{"x-slack-signature", "x-slack-request-timestamp"}},
                        .prefix = "v0=",
                        .signed_bytes = template_of("v0:{timestamp}:{body}")};
    // shopify.dev, "Verify webhook deliveries"
    case SchemeName::shopify:
      return Definition{.name = name,
                        .form = Form::single,
                        .spellings = {{"x-shopify-hmac-sha256"}},
                        .encoding = Encoding::base64,
                        .signed_bytes = template_of("{body}")};
    // docs.gitlab.com, "Webhooks": the secret token. GitLab's signing token is `standard`.
    case SchemeName::gitlab:
      return Definition{.name = name,
                        .form = Form::token,
                        .spellings = {{"x-gitlab-token"}},
                        .signed_bytes = template_of("{body}")};
    case SchemeName::hmac: break;
  }
  return Definition{.name = name, .form = Form::single, .signed_bytes = template_of("{body}")};
}

}  // namespace

std::optional<Definition> known_scheme(std::string_view name) {
  for (const auto& [known, scheme] : kNames)
    if (known == name) return definition_of(scheme);
  return std::nullopt;
}

std::string_view name_of(SchemeName name) {
  for (const auto& [known, scheme] : kNames)
    if (scheme == name) return known;
  return {};
}

std::string_view all_scheme_names() { return "standard, github, stripe, slack, shopify, gitlab or hmac"; }

}  // namespace bobbin::signatures

#pragma once

#include "admin/health.h"
#include "app/bucket_sites.h"
#include "app/client_limits.h"
#include "app/object_inboxes.h"
#include "app/spools.h"
#include "app/upload_folders.h"
#include "observe/registry.h"
#include "server/site_names.h"

namespace bobbin::app {

/// What a server that runs has for all of its generations, which it outlives.
struct ServerParts {
  UploadFolders& folders;
  ObjectInboxes& object_inboxes;
  BucketSites& bucket_sites;
  Spools& spools;
  const ClientLimiting& client_limiting;
  observe::Registry& registry;
  server::SiteNames& site_names;
  const admin::Health& health;
};

}  // namespace bobbin::app

#include "feed/waiting_readers.h"

namespace bobbin::feed {

WaitingReaders::Place WaitingReaders::add(Instant due, GoOn go_on) {
  const Place place{due, ++last_number_};
  readers_.emplace(place, std::move(go_on));
  return place;
}

WaitingReaders::Readers WaitingReaders::take_due(Instant now) {
  Readers due;
  while (!readers_.empty() && readers_.begin()->first.first <= now)
    due.insert(readers_.extract(readers_.begin()));
  return due;
}

}  // namespace bobbin::feed

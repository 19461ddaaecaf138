// Package egress is the only way out of the process by HTTP: for connectors,
// webhooks and plugins. What lies behind an address is given by customers, so
// each request is held to rules that an admin sets per connection or plugin.
//
// A Gateway is shared by the whole process and hands out clients. A client
//
//   - connects to public addresses, and to private, loopback and link-local ones
//     only where its rules name the network. The check is made on the address
//     that is dialled, after the name was resolved and for every redirect, so
//     neither a name that changes its answer nor an odd spelling of an address
//     gets around it;
//   - bounds the time of an exchange, the bytes of an answer after
//     decompression, its headers, and the number of redirects;
//   - takes nothing but harmless headers along to another host, never goes from
//     https down to http, and never sends a body to another host;
//   - shares one rate budget per remote with all other clients, and one pause
//     when the remote asked for one with Retry-After.
//
// It keeps no cookies, uses no proxy from the environment and does not retry:
// who asks knows whether a request may be repeated.
package egress

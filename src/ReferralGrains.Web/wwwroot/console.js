// A page that hears nothing for half a minute would take its server for gone: a busy machine and a poor connection get longer.
Blazor.start({ circuit: { configureSignalR: connection => connection.withServerTimeout(120000).withKeepAliveInterval(15000) } });

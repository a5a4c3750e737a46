// A page that hears nothing for half a minute would take its server for gone: a busy machine and a poor connection get longer.
Blazor.start({ circuit: { configureSignalR: connection => connection.withServerTimeout(120000).withKeepAliveInterval(15000) } });

// The second click of a double click does nothing, even when the first is answered already: it would make a second link, or press what stands there now.
window.addEventListener("click", click => {
    if (click.detail > 1 && click.target.closest("button")) {
        click.preventDefault();
        click.stopImmediatePropagation();
    }
}, true);

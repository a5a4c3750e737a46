// Without this file every text can be selected and copied by hand. With it there is a button that does it.
for (const button of document.querySelectorAll("[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
        field.select();
        try {
            await navigator.clipboard.writeText(field.value);
        } catch {
            // In a frame that was not given the clipboard: what is selected can still be copied the old way.
            document.execCommand("copy");
        }
        const said = document.getElementById("said");
        said.textContent = "";
        said.textContent = said.dataset.copied;
    });
}

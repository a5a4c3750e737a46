using Microsoft.AspNetCore.Components;
using ReferralGrains.Client;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Layout;

/// <summary>
/// What talks to the API with the session's key, and shows what it refuses. A key that opens nothing any more ends the session.
/// </summary>
public abstract class Asking : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private bool isOfLook;

    protected Asking() => Gone = gone.Token;

    [CascadingParameter]
    public Desk Desk { get; set; } = null!;

    [Inject]
    protected NavigationManager Navigation { get; set; } = null!;

    /// <summary>Why the last question was not answered.</summary>
    protected Problem? Problem { get; private set; }

    protected bool IsBusy { get; private set; }

    /// <summary>Ends when the page is left.</summary>
    protected CancellationToken Gone { get; }

    /// <summary>Asks, and renders before and after it.</summary>
    /// <returns>Whether it was answered.</returns>
    protected Task<bool> Ask(Func<ReferralGrainsClient, CancellationToken, Task> question)
    {
        Problem = null;
        return Answer(question, false);
    }

    /// <summary>Makes what has no id yet: a second click does nothing while the first is on its way.</summary>
    protected Task<bool> AskOnce(Func<ReferralGrainsClient, CancellationToken, Task> question) => IsBusy ? Task.FromResult(false) : Ask(question);

    /// <summary>
    /// Looks again at what nobody has asked for: what was refused to a person goes on being said, and no button is out of use meanwhile, for a click
    /// on it would be lost. What a person asks for may so be answered before it.
    /// </summary>
    protected Task<bool> AskAgain(Func<ReferralGrainsClient, CancellationToken, Task> question)
    {
        if (isOfLook) Problem = null;
        return Answer(question, true);
    }

    private async Task<bool> Answer(Func<ReferralGrainsClient, CancellationToken, Task> question, bool isLook)
    {
        isOfLook = isLook && Problem is null;
        if (!isLook)
        {
            IsBusy = true;
            StateHasChanged();
        }

        try
        {
            await question(Desk.Api, Gone);
            return true;
        }
        catch (ReferralGrainsException refused) when (refused.Problem.Status == 401)
        {
            Navigation.NavigateTo(SessionCookie.SignInPath, forceLoad: true);
        }
        catch (ReferralGrainsException refused)
        {
            Problem = refused.Problem;
        }
        catch (Exception away) when (away is HttpRequestException or IOException or OperationCanceledException)
        {
            // Who has left the page hears nothing.
            Problem = new() { Type = "about:blank", Title = "The API does not answer", Status = 503, Code = "unreachable", Detail = "Nothing may have been done. Try again.", RequestId = "" };
        }
        finally
        {
            if (!isLook) IsBusy = false;
        }

        return false;
    }

    /// <summary>What was typed into a field; null for nothing.</summary>
    protected static string? Given(string? typed) => typed?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>What was typed with commas between.</summary>
    protected static List<string> Listed(string typed) => [.. typed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A page that asks for what it shows whenever its address changes.</summary>
public abstract class DeskPage : Asking
{
    private string? shown;

    protected abstract Task Load(ReferralGrainsClient api, CancellationToken stop);

    protected Task<bool> Reload() => Ask(Load);

    protected override Task OnParametersSetAsync()
    {
        if (shown == Navigation.Uri) return Task.CompletedTask;
        shown = Navigation.Uri;
        return Reload();
    }
}

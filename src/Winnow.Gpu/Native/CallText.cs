namespace Winnow.Gpu.Native;

/// <summary>Reads the source text of a call.</summary>
internal static class CallText
{
    /// <summary>The function's name: <c>Driver.cuMemFree(address)</c> gives <c>cuMemFree</c>.</summary>
    public static string Name(string call)
    {
        string head = call.Split('(')[0].Trim();
        return head[(head.LastIndexOf('.') + 1)..];
    }
}

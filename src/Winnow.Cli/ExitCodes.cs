namespace Winnow.Cli;

/// <summary>What the process tells whoever started it.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>Something went wrong that is not in the command line: a file, the model, memory.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Ended by Ctrl-C: 128 and the number of the signal, as shells count.</summary>
    public const int Cancelled = 130;
}

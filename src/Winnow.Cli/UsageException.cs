using System;

namespace Winnow.Cli;

/// <summary>The command line asks for what cannot be; known only after parsing it.</summary>
internal sealed class UsageException : Exception
{
    public UsageException(string message)
        : base(message)
    {
    }
}

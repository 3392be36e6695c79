using System;

namespace Winnow;

/// <summary>The base of every error that Winnow reports: the message says what was wrong and what to do instead.</summary>
public class WinnowException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong and what to do instead.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public WinnowException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

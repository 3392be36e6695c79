using System;
using System.IO;
using Microsoft.Extensions.Logging;

namespace Winnow.Cli.Terminal;

/// <summary>Log messages as lines on the error stream: warnings always, everything down to debug with --verbose.</summary>
internal sealed class StatusLoggerFactory(TextWriter writer, bool verbose) : ILoggerFactory, ILogger
{
    private readonly LogLevel _minimum = verbose ? LogLevel.Debug : LogLevel.Warning;

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The command line writes its log to the error stream only.");

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _minimum && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            lock (writer)
            {
                writer.WriteLine($"winnow: {formatter(state, exception)}");
            }
        }
    }

    public void Dispose()
    {
        // The writer belongs to the host.
    }
}

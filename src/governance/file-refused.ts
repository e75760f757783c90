/** A file that cannot be read as what it should be. The message says what is wrong and what to do, and is told to whoever sent it. */
export class FileRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FileRefused";
  }
}
